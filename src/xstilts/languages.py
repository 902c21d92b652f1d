"""Every language the project knows: its code, name, script and family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Language:
    """One language; `code` is its name everywhere in the project (ISO 639-1 for the natural ones)."""

    code: str
    name: str
    script: str
    family: str


_TABLE = """
af|Afrikaans|Latin|Germanic
ar|Arabic|Arabic|Semitic
az|Azerbaijani|Latin|Turkic
bg|Bulgarian|Cyrillic|Slavic
bn|Bengali|Bengali|Indo-Aryan
de|German|Latin|Germanic
el|Greek|Greek|Greek
en|English|Latin|Germanic
es|Spanish|Latin|Romance
et|Estonian|Latin|Uralic
eu|Basque|Latin|Basque
fa|Persian|Arabic|Iranian
fi|Finnish|Latin|Uralic
fr|French|Latin|Romance
gu|Gujarati|Gujarati|Indo-Aryan
he|Hebrew|Hebrew|Semitic
hi|Hindi|Devanagari|Indo-Aryan
ht|Haitian Creole|Latin|Creole
hu|Hungarian|Latin|Uralic
id|Indonesian|Latin|Austronesian
it|Italian|Latin|Romance
ja|Japanese|Kanji and kana|Japonic
jv|Javanese|Latin|Austronesian
ka|Georgian|Georgian|Kartvelian
kk|Kazakh|Cyrillic|Turkic
ko|Korean|Hangul|Koreanic
lt|Lithuanian|Latin|Baltic
ml|Malayalam|Malayalam|Dravidian
mr|Marathi|Devanagari|Indo-Aryan
ms|Malay|Latin|Austronesian
my|Burmese|Burmese|Sino-Tibetan
nl|Dutch|Latin|Germanic
pa|Punjabi|Gurmukhi|Indo-Aryan
pl|Polish|Latin|Slavic
pt|Portuguese|Latin|Romance
qu|Quechua|Latin|Quechuan
ro|Romanian|Latin|Romance
ru|Russian|Cyrillic|Slavic
sw|Swahili|Latin|Bantu
ta|Tamil|Tamil|Dravidian
te|Telugu|Telugu|Dravidian
th|Thai|Thai|Kra-Dai
tl|Tagalog|Latin|Austronesian
tr|Turkish|Latin|Turkic
uk|Ukrainian|Cyrillic|Slavic
ur|Urdu|Arabic|Indo-Aryan
vi|Vietnamese|Latin|Austroasiatic
wo|Wolof|Latin|Atlantic
yo|Yoruba|Latin|Yoruboid
zh|Chinese|Han|Sino-Tibetan
qla|Alvene|generated|miniature
qlb|Brezhan|generated|miniature
qlc|Keltuvi|generated|miniature
qld|Davruli|generated|miniature
qle|Emuna|generated|miniature
"""
# The codes of the miniature's generated languages lie in the range that ISO 639 reserves for private use (qaa to qtz).

LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {language.code: language for line in _TABLE.split("\n") if line for language in [Language(*line.split("|"))]}
)


def is_language(code: str) -> bool:
    """Whether `code` is a language, or a pair of them, such as "de-en" of MLQA: that of contexts, that of questions."""
    return all(part in LANGUAGES for part in code.split("-", 1))
