"""The people of the demo's organisation. All made up; names of many scripts and lengths.

Logins are ASCII, as identity providers make them; the address is the login at `DOMAIN`.
"""

from dataclasses import dataclass

ORGANISATION = "Halcyon Freight"
DOMAIN = "halcyon.example"
LEAVER = "dana.okafor"


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the organisation. `groups` are direct directory groups besides everyone."""

    login: str
    name: str
    department: str
    title: str
    groups: tuple[str, ...]

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


_DEPARTMENTS: dict[str, tuple[str, tuple[tuple[str, str, str], ...]]] = {
    "Directors": (
        "directors",
        (
            ("ingrid.soerensen", "Ingrid Sørensen", "Managing director"),
            ("rui.silva", "Rui Silva", "Finance director"),
            ("adaeze.nwosu", "Adaeze Nwosu", "Operations director"),
        ),
    ),
    "Platform": (
        "eng-platform",
        (
            ("ravi.menon", "Ravi Menon", "Head of platform"),
            ("aleksandr.sokolov", "Александр Соколов", "Site reliability engineer"),
            ("bjork.gudmundsdottir", "Björk Guðmundsdóttir", "Platform engineer"),
            ("kenji.tanaka", "田中 健二", "Platform engineer"),
            ("siobhan.nibhriain", "Siobhán Ní Bhriain", "Platform engineer"),
            ("anjali.sharma", "अंजलि शर्मा", "Database engineer"),
            ("lukasz.wojcik", "Łukasz Wójcik", "Build engineer"),
            ("yu", "Yū", "Platform engineer"),
        ),
    ),
    "Mobile": (
        "eng-mobile",
        (
            ("seoyeon.kim", "김서연", "Head of mobile"),
            ("mathieu.lefebvre", "Mathieu Lefèbvre", "iOS engineer"),
            ("noa.ben-ami", "נועה בן-עמי", "Android engineer"),
            ("tran.van.hieu", "Trần Văn Hiếu", "Release engineer"),
            ("eamon.oshea", "Éamon O'Shea", "Android engineer"),
            ("xochitl.ruiz", "Xóchitl Ruiz", "Test engineer"),
        ),
    ),
    "Engineering": (
        "engineering",
        (
            ("thandiwe.mokoena", "Thandiwe Mokoena", "Head of engineering"),
            ("giulia.dangelo", "Giulia D'Angelo", "Technical writer"),
            ("oluwaseun.adebayo", "Olúwaṣeun Adébáyọ̀", "Engineering manager"),
        ),
    ),
    "Security": (
        "security",
        (
            ("konstantinos.pappas", "Κωνσταντίνος Παππάς", "Head of security"),
            ("fatima.alzahra", "فاطمة الزهراء", "Security engineer"),
            ("wiremu.parata", "Wiremu Parata", "Security engineer"),
            ("zofia.krol", "Zofia Król", "Incident responder"),
        ),
    ),
    "Finance": (
        "finance",
        (
            (LEAVER, "Dana Okafor", "Billing lead"),
            ("hannah.fischer", "Hannah Fischer", "Head of finance"),
            ("sam.whitlock", "Sam Whitlock", "Controller"),
            ("chen.mei-ling", "陳美玲", "Accounts payable"),
            ("emre.yildirim", "Emre Yıldırım", "Financial analyst"),
            ("tomasz.wisniewski", "Tomasz Wiśniewski", "Billing engineer"),
            ("amara.diallo", "Amara Diallo", "Treasurer"),
        ),
    ),
    "Payroll": (
        "payroll",
        (
            ("somchai.jaidee", "สมชาย ใจดี", "Head of payroll"),
            ("petra.novakova", "Petra Nováková", "Payroll officer"),
            ("joao.conceicao", "João Conceição", "Payroll officer"),
        ),
    ),
    "People": (
        "people-ops",
        (
            ("anna.lindqvist", "Anna Lindqvist-Öberg", "Head of people"),
            ("kwame.mensah", "Kwame Mensah", "Recruiter"),
            ("yuki.sato", "佐藤 ゆき", "People partner"),
            ("ines.carvalho", "Inês Carvalho", "People partner"),
        ),
    ),
    "Legal": (
        "legal",
        (
            ("eleni.georgiou", "Ελένη Γεωργίου", "General counsel"),
            (
                "maximiliane.schwarzenberger",
                "Maximiliane Freifrau von Schwarzenberger-Hohenlohe zu Waldenburg",
                "Counsel",
            ),
            ("mihai.ionescu", "Mihai Ionescu", "Paralegal"),
            ("leila.haddad", "ليلى حداد", "Counsel"),
        ),
    ),
    "Support": (
        "support",
        (
            ("grace.mutua", "Grace Mutua", "Head of support"),
            ("nguyen.minh.khai", "Nguyễn Thị Minh Khai", "Support engineer"),
            ("ivana.juric", "Ivana Jurić", "Support engineer"),
            ("oisin.byrne", "Oisín Byrne", "Support engineer"),
            ("pradeep.nair", "Pradeep Nair", "Support engineer"),
            ("o", "O", "Support engineer"),
            ("marisol.quispe", "Marisol Quispe", "Support engineer"),
            ("daria.kovalenko", "Дарія Коваленко", "Support engineer"),
            ("tuomas.hamalainen", "Tuomas Hämäläinen", "Night shift lead"),
        ),
    ),
    "Data": (
        "data",
        (
            ("wang.fang", "王芳", "Head of data"),
            ("priya.raghunathan", "Priya Raghunathan-Venkatasubramanian", "Data scientist"),
            ("omer.katz", "עומר כץ", "Data engineer"),
            ("lea.baum", "Lea Baum", "Data analyst"),
            ("beatriz.santos", "Beatriz dos Santos", "Data engineer"),
            ("hugo.desmet", "Hugo De Smet", "Data steward"),
        ),
    ),
    "Office": (
        "",
        (
            ("sofia.iniguez", "Sofía Íñiguez", "Office manager"),
            ("t.ong", "T. Ong", "Assistant"),
            ("mei.lin", "Mei Lin", "Assistant"),
        ),
    ),
}

# Who is in a second group, as people are.
_ALSO: dict[str, tuple[str, ...]] = {
    "rui.silva": ("finance",),
    "wiremu.parata": ("eng-platform",),
    "hannah.fischer": ("payroll",),
    "anna.lindqvist": ("directors",),
    "omer.katz": ("engineering",),
}


def members() -> tuple[Member, ...]:
    """Everybody, in a fixed order. The first of a department is its manager."""
    return tuple(
        Member(login, name, department, title, ((group,) if group else ()) + _ALSO.get(login, ()))
        for department, (group, people) in _DEPARTMENTS.items()
        for login, name, title in people
    )


def manager_of(member: Member) -> str:
    """The login of a person's manager; the managing director's is empty."""
    first = _DEPARTMENTS[member.department][1][0][0]
    chief = _DEPARTMENTS["Directors"][1][0][0]
    if member.login != first:
        return first
    return "" if member.login == chief else chief
