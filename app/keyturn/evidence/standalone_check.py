"""Checks a keyturn evidence bundle. Needs only Python 3.11 and, if it is signed, ssh-keygen.
python3 verify.py [FOLDER or ZIP] [ALLOWED_SIGNERS, got by another way than the bundle]"""
import base64, collections.abc, hashlib, io, json, pathlib, subprocess, sys, tempfile, textwrap, zipfile
def sha(data: bytes) -> str: return hashlib.sha256(data).hexdigest()
def problems(place: pathlib.Path, signers: str) -> collections.abc.Iterator[str]:
    whole = b"" if place.is_dir() else place.read_bytes()
    if whole:
        packed = zipfile.ZipFile(io.BytesIO(whole))
        if sum(one.file_size for one in packed.infolist()) > len(whole): raise ValueError("its sizes are not true")
        files = {pathlib.PurePath(name).name: packed.read(name) for name in packed.namelist()}
    else: files = {one.name: one.read_bytes() for one in place.iterdir()}
    manifest, armour = json.loads(files["manifest.json"]), files.get("manifest.json.sig", b"")
    key, seal, last = manifest["signing_key"], sha(files["manifest.json"]), manifest["start"]
    with zipfile.ZipFile(again := io.BytesIO(), "w") as made:
        for name in sorted(files):
            (info := zipfile.ZipInfo(f"{manifest['folder']}/{name}")).external_attr = 0o100644 << 16
            info.create_system = 3
            made.writestr(info, files[name])
    if whole and again.getvalue() != whole: yield "the zip itself is not as written"
    hashes = {one["name"]: one["sha256"] for one in manifest["files"]} | ({"manifest.json.sig": sha(armour)} if key else {})
    hashes |= {"manifest.json": seal, "manifest.sha256": sha(f"{seal}  manifest.json\n".encode())}
    for name in sorted(files.keys() | hashes):
        if name not in files or sha(files[name]) != hashes.get(name): yield f"{name} is not as written"
    for entry in map(json.loads, files["journal.jsonl"].decode("ascii").split("\n")[:-1]):
        linked = "line" not in entry or sha(f"{last['hash']}\n{entry['line']}".encode()) == entry["hash"]
        if entry["seq"] != last["seq"] + 1 or not linked: yield f"journal.jsonl: entry {entry['seq']} is not as written"
        last = entry
    if (last["seq"], last["hash"]) != tuple(manifest["checkpoint"].values()): yield "journal.jsonl: its end is cut off"
    if key:
        with tempfile.TemporaryDirectory() as folder:
            (made_by := pathlib.Path(folder, "signature")).write_bytes(armour)
            def ask(*words: str) -> str: return subprocess.run(["ssh-keygen", "-Y", *words, "-s", made_by], input=files["manifest.json"], capture_output=True).stdout.decode()
            told = ask("verify", "-n", "keyturn-evidence", "-f", signers, "-I", ask("find-principals", "-f", signers).split("\n")[0]) if signers else ask("check-novalidate", "-n", "keyturn-evidence")
        wrapped = textwrap.wrap(base64.b64encode(base64.b64decode(b"".join(armour.split(b"\n")[1:-2]))).decode(), 70)
        if key not in told or "\n".join(["-----BEGIN SSH SIGNATURE-----", *wrapped, "-----END SSH SIGNATURE-----", ""]).encode() != armour: yield "manifest.json.sig is not by the signer it should be"
if __name__ == "__main__":
    try: found = list(problems(pathlib.Path((sys.argv + [pathlib.Path(__file__).parent])[1]), "".join(sys.argv[2:3])))
    except Exception as problem: found = [f"it is damaged, or no bundle at all: {problem!r}"]
    sys.exit("NOT AS WRITTEN:\n" + "\n".join(found) if found else print("As written. Compare the checkpoint with one published elsewhere."))
