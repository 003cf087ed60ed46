"""What stands around a text and is not the text: datelines, picture credits, bylines and buttons.

They are facts of an article, or furniture of its page; a blurb that opened with them would waste its first line.
"""

import re

_DASH = r"[ \u00a0]+(?:[—–―-]|--)[ \u00a0]+"
_MONTH = (
    r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|janv|févr?|mars|avr|mai|juin|juil|août|déc"
    r"|enero|abril|agosto)\w*\.?"
)
_DATE = rf"(?:{_MONTH} \d{{1,2}}|(?:le )?\d{{1,2}}(?:er)? {_MONTH})(?:,? \d{{4}})?"
_UPPER = r"(?:(?!\d|_)[^\Wa-zß-öø-ÿ\u0590-\u08ff])"
"""A letter that is no small Latin one and not of a script written from right to left."""
_UPPER_WORD = rf"{_UPPER}+(?:[.'’-]{_UPPER}+)*\.?"
_SHOUTED = rf"{_UPPER_WORD}(?:[ /]{_UPPER_WORD}){{0,5}}"
_NAME = r"(?!\d|_)\w[\w.'’-]{0,24}(?: (?!\d|_)\w[\w.'’-]{0,24}){0,3}"
_AGENCY = r" ?\([^()]{2,40}\)"
_NEXT = r"(?=[^\W\d_a-zß-öø-ÿ]|\d|[\"'“”‘’«»„‹(])"
_DATELINE = re.compile(rf"(?P<city>{_SHOUTED})(?:, {_NAME}){{0,2}}(?:, {_DATE})?(?:{_AGENCY})?{_DASH}{_NEXT}")
_MIXED_DATELINE = re.compile(
    rf"(?P<city>{_UPPER}{_NAME})(?:, {_NAME})?(?:, {_DATE}{_AGENCY}|, {_DATE}|{_AGENCY}){_DASH}{_NEXT}"
)
"""A city that is not shouted is one only before a date or an agency."""
_NO_CITY = re.compile(
    r"(?:ANALYSE|ANALYSIS|AVIS|BREAKING|COMMENT|DIRECT|DOSSIER|EN|EU|EXCLUSIF|EXCLUSIVE|EXPLAINER|FEATURE|FOCUS"
    r"|INTERVIEW|LIVE|NATO|OPINION|OTAN|PHOTOS?|PODCAST|REVIEW|UE|UK|UN|UPDATED?|URGENT|USA?|VID[EÉ]O|WATCH)\b"
)
"""Shouted words that open articles as often as cities do."""

_ARABIC_WORD = r"[\u0621-\u065f\u0670-\u06d3\u0640]{2,16}"
_ARABIC_DATELINE = re.compile(
    rf"(?P<city>{_ARABIC_WORD}(?:[ ،,/]+{_ARABIC_WORD}){{0,3}})(?:{_AGENCY})?{_DASH}(?=\S)"
)
_ARABIC_SECOND = re.compile(rf"(?P<agency>[^\s].{{1,24}}?){_DASH}(?=\S)")
_ARABIC_AGENCIES = re.compile(
    r"\(?(?:بترا|رويترز|وفا|سانا|واس|وام|قنا|كونا|الأناضول|الاناضول|معا|الغد|الرأي|الدستور|وكالات|الوكالات|شينخوا"
    r"|سبوتنيك|فرانس برس|عمون نيوز|[أا][ .]?ف[ .]?ب\.?|د[ .]?ب[ .]?أ\.?|أ[ .]?ش[ .]?أ\.?|أ[ .]?ب\.?)\)?"
)
_ARABIC_VERBS = re.compile(
    r"(?:قالت?|[أا]علنت?|أكدت?|أفادت?|ذكرت?|كشفت?|بدأت?|قتلت?|وصلت?|إن|أن|في|من|على|إلى|بعد|منذ|كانت?|هذا|هذه|لم|لا|قد)\b"
)
"""Words that open sentences: what they begin is no place."""


def strip_dateline(text: str) -> tuple[str, str]:
    """Return the dateline that a text opens with (empty if none) and the rest, which is always the text's end.

    A city in capitals, with country, date and agency where they are given, before a dash that a capital, a digit
    or a quotation mark follows; in Arabic at most four words, which are no verb. Idempotent on the rest.
    """
    rest = text.lstrip()
    start = rest
    while end := _dateline_end(rest):
        rest = rest[end:]
    return start[: len(start) - len(rest)].strip(" \u00a0—–―-"), rest


def _dateline_end(text: str) -> int:
    found = _DATELINE.match(text) or _MIXED_DATELINE.match(text)
    if found:
        city = found["city"]
        return 0 if _NO_CITY.match(city) or sum(map(str.isalpha, city)) < _SHORTEST else found.end()
    found = _ARABIC_DATELINE.match(text)
    if found is None or _ARABIC_VERBS.match(text):
        return 0
    second = _ARABIC_SECOND.match(text, found.end())
    if second is None:
        return found.end()
    # Between two dashes stands an agency, or an aside ("may he rest in peace") that belongs to a sentence.
    return second.end() if _ARABIC_AGENCIES.fullmatch(second["agency"].strip()) else 0


_SHORTEST = 3
"""Letters of a city."""

_AGENCIES = (
    r"(?:AFP|AP|Reuters|EPA(?:-EFE)?|EFE|ANSA|DPA|dpa|UPI|TASS|Xinhua|PTI|ANI|IRNA|Petra|WAFA|SANA|SPA|WAM|QNA|KUNA"
    r"|Anadolu(?: Agency)?|AA|Getty(?: Images)?|Shutterstock|NurPhoto|Zuma(?: Press)?|Alamy|Bloomberg|NASA|MAXPPP"
    r"|Sipa|Belga|Keystone|Handout|JT|أ ?\.? ?ف ?\.? ?ب\.?|رويترز|بترا|وفا|الأناضول|غيتي)"
)
_KIND = (
    r"(?:(?:[Ff]ile|[Hh]andout|[Pp]ool|[Cc]ourtesy|[Aa]rchives?) )?"
    r"(?:[Pp]hoto(?:s|graph)?|[Pp]icture|[Ii]mage|PHOTO)"
)
_LABEL = (
    r"(?:(?:[Pp]hoto(?:graph)?|PHOTO|[Pp]icture|[Ii]mage|[Ff]ile [Pp]hoto|[Cc]redit|[Ss]ource|[Ff]oto|[Bb]ild"
    r"|[Cc]rédits?(?: [Pp]hotos?)?|تصوير|الصورة|صورة|المصدر)(?: [Cc]redit)?\s?[:：]\s?"
    r"|(?:[Pp]hotos?|PHOTO|[Pp]hotographs?|[Pp]icture|[Ii]mage)(?: taken)? (?:by|courtesy of|from|par|via) "
    r"|©\s?(?:\d{4} )?)"
)
_LONGEST_CREDIT = 150
_CREDIT_TEXT = r"[^()\[\]\n.!?؟:]{1,80}"
_BRACKETED = re.compile(r"\s*[(\[](?P<inside>[^()\[\]]{2,100})[)\]]\.?\s*\Z")
_LABELLED = re.compile(rf"(?:\A|(?<=[\s.!?؟|]))[|/–—-]?\s*{_LABEL}(?P<who>{_CREDIT_TEXT})\.?\s*\Z")
_TRAILING = re.compile(rf"(?:\A|\s*[|/–—-]\s+|(?<=[.!?؟])\s+)(?P<who>{_AGENCIES}(?:[/ ]{_AGENCIES})*)\.?\s*\Z")
_IS_CREDIT = re.compile(
    rf"{_LABEL}|\b{_KIND}\b|(?:\A|[/,]|\bvia ){_AGENCIES}\Z|\A{_AGENCIES}\b|/{_AGENCIES}\b|تصوير"
)
_PHOTO_BY = re.compile(rf"(?P<agency>.+?) {_KIND} (?:by|par) (?P<who>.+)")


def strip_credit(caption: str) -> tuple[str, str]:
    """Return a caption without the picture's credit at its end, and the credit ("AFP", "Omar Haj/AFP").

    Credits are a last bracket that names an agency or a photo, "Photo: …", "© …" or an agency after a dash; any
    other bracket is part of the caption. The caption returned is the beginning of the one given. Idempotent.
    """
    found: list[str] = []
    text = caption.rstrip()
    while last := _credit_of(text):
        start, credit = last
        text = text[:start].rstrip()
        found.insert(0, credit)
    return text, ", ".join(dict.fromkeys(each for each in found if each))


def _credit_of(text: str) -> tuple[int, str] | None:
    tail = max(len(text) - _LONGEST_CREDIT, 0)
    found = _BRACKETED.search(text, tail)
    if found and _IS_CREDIT.search(found["inside"].strip()):
        return found.start(), _plain_credit(found["inside"])
    found = _LABELLED.search(text, tail) or _TRAILING.search(text, tail)
    return (found.start(), _plain_credit(found["who"])) if found else None


def _plain_credit(credit: str) -> str:
    credit = re.sub(rf"\A(?:{_LABEL})", "", " ".join(credit.split()))
    by = _PHOTO_BY.fullmatch(credit)
    if by:
        return f"{by['who']}/{by['agency']}"
    plain = re.sub(rf"\s*\b{_KIND}\b\s*[:/-]?\s*", " ", credit).strip(" .,/-|–—")
    return plain or credit


_FURNITURE = re.compile(
    r"""(?:
      (?:by|par|von|por|بقلم|كتب|كتبت)[ :]\s*(?-i:[^\Wa-z\d_][\w.'’-]*)
        (?:[ ,&/]+(?-i:and|et|de|[^\Wa-z\d_][\w.'’-]*)){0,7}(?:\s[-–—|]\s.{0,60})?
    | (?:last\ )?(?:updated|modified|published|posted)(?:\ (?:at|on))?\b[\s:]*[\w ,:.+/|()-]{0,60}\d
        [\w ,:.+/|()-]{0,40}
    | [\w ,./:-]{0,40}\d{4}\s[-–—|]\s(?:last\ )?updated\b.{0,60}
    | (?:publié|mis\ à\ jour|modifié|dernière\ mise\ à\ jour)\b.{0,80}\d.{0,30}
    | (?:نشر|نُشر|آخر\ تحديث|تاريخ\ النشر|حدّث)\b.{0,60}\d.{0,30}
    | (?:share|tweet|print|comments?|like|save|email|listen|follow\ us|partager|imprimer|commenter
        |تابعنا|شارك|مشاركة|طباعة|تعليق)(?:\ (?:this|on|via|by|with|cet|sur|هذا|عبر|على)\b.{0,60})?[:.!]?
    | \d+\ (?:shares?|comments?|likes?|votes?|views?|commentaires?|partages?)
    | \d+\ users?\ ha(?:s|ve)\ voted.{0,20}
    | (?:no\ votes?\ yet|your\ rating:?.{0,20}|vote\ (?:up|down)!?|up|down)
    | \d+\ min(?:ute)?s?\ (?:read|de\ lecture)
    | (?:advertisement|publicité|anzeige|إعلان|read\ also:?.{0,120}|lire\ aussi\s?:?.{0,120}|اقرأ\ أيضا.{0,120})
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def drop_furniture(text: str) -> str:
    """Return the text without the lines that are a byline, a date of update, or a share or vote button.

    Only whole lines go; what remains keeps its order and its words. Idempotent.
    """
    return "\n".join(line for line in text.split("\n") if not _FURNITURE.fullmatch(line.strip()))
