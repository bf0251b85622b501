"""The credential of a source, at the moment of need: from the environment, or from a command."""

import subprocess
from collections.abc import Callable, Mapping

from pydantic import SecretStr

from keyturn.policy.loaded import SourceConfig
from keyturn_providers.errors import Misconfigured, NotAuthenticated

COMMAND_TIMEOUT_S = 30.0
_WHAT = "cannot sign in"
_PEM = "-----BEGIN "


def secret_of(config: SourceConfig, environ: Mapping[str, str]) -> Callable[[], SecretStr]:
    """What gives the source's credential when it is called; a command runs once and is remembered.

    The call raises NotAuthenticated, naming the variable or the program, where there is none. No
    message holds the credential, nor what the command wrote.
    """
    known: list[SecretStr] = []

    def secret() -> SecretStr:
        if not known:
            known.append(
                _find(config, config.path, config.token_env, config.token_command, environ)
            )
        return known[0]

    return secret


def secret_of_part(config: SourceConfig, environ: Mapping[str, str]) -> Callable[[str], SecretStr]:
    """The same for the parts of the source's settings that name a credential of their own."""
    known: dict[str, SecretStr] = {}

    def secret_of(part: str) -> SecretStr:
        if part not in known:
            named = config.settings.get(part)
            keys = named if isinstance(named, Mapping) else {}
            variable, command = keys.get("token_env"), keys.get("token_command")
            known[part] = _find(
                config,
                f"{config.path}.{part}",
                str(variable) if variable else None,
                tuple(str(word) for word in command) if isinstance(command, list | tuple) else (),
                environ,
            )
        return known[part]

    return secret_of


def _find(
    config: SourceConfig,
    path: str,
    token_env: str | None,
    token_command: tuple[str, ...],
    environ: Mapping[str, str],
) -> SecretStr:
    if token_env:
        return _from_environment(config.name, token_env, environ)
    if token_command:
        return _from_command(config.name, token_command, environ)
    raise Misconfigured(
        config.name,
        _WHAT,
        f"keyturn.yaml names no credential for it (line {config.line}).",
        f"Add token_env or token_command under {path}.",
    )


def _from_environment(source: str, name: str, environ: Mapping[str, str]) -> SecretStr:
    value = environ.get(name, "").strip()
    if not value:
        state = "empty" if name in environ else "not set"
        raise NotAuthenticated(
            source,
            _WHAT,
            f"the environment variable {name} is {state}.",
            f"Put the token for {source} into {name}, then try again.",
        )
    return SecretStr(value)


def _from_command(source: str, command: tuple[str, ...], environ: Mapping[str, str]) -> SecretStr:
    program = command[0]
    why = ""
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, as a list, without a shell
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
            env=dict(environ),
        )
    except FileNotFoundError:
        why = f"the program {program} of token_command was not found."
    except PermissionError:
        why = f"the program {program} of token_command may not be run."
    except (OSError, UnicodeDecodeError) as problem:
        why = f"the program {program} of token_command failed ({type(problem).__name__})."
    except subprocess.TimeoutExpired:
        why = f"the program {program} of token_command gave no answer in {COMMAND_TIMEOUT_S:g} s."
    else:
        value = done.stdout.strip()
        # A private key in PEM form is the one credential of several lines.
        if done.returncode == 0 and value and ("\n" not in value or value.startswith(_PEM)):
            return SecretStr(value)
        why = f"the program {program} of token_command ended with code {done.returncode}"
        why += "." if done.returncode else ", and did not write one line with the token."
    raise NotAuthenticated(
        source, _WHAT, why, "Run it by hand; it must write the token to its standard output."
    )
