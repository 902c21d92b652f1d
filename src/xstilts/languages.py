"""Every language the project knows: its code, name, script and family, and how much of it XLM-R was pretrained on."""

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
    pretraining: float | None
    """GiB of text in CC-100, which XLM-R was pretrained on; 0: it has none. None: the language is generated."""

    @classmethod
    def of(cls, line: str) -> Language:
        """A line of the table below."""
        code, name, script, family, pretraining = line.split("|")
        return cls(code, name, script, family, float(pretraining) if pretraining else None)


_TABLE = """
af|Afrikaans|Latin|Germanic|1.3
ar|Arabic|Arabic|Semitic|28.0
az|Azerbaijani|Latin|Turkic|6.5
bg|Bulgarian|Cyrillic|Slavic|57.5
bn|Bengali|Bengali|Indo-Aryan|8.4
de|German|Latin|Germanic|66.6
el|Greek|Greek|Greek|46.9
en|English|Latin|Germanic|300.8
es|Spanish|Latin|Romance|53.3
et|Estonian|Latin|Uralic|6.1
eu|Basque|Latin|Basque|2.0
fa|Persian|Arabic|Iranian|111.6
fi|Finnish|Latin|Uralic|54.3
fr|French|Latin|Romance|56.8
gu|Gujarati|Gujarati|Indo-Aryan|1.9
he|Hebrew|Hebrew|Semitic|31.6
hi|Hindi|Devanagari|Indo-Aryan|20.2
ht|Haitian Creole|Latin|Creole|0
hu|Hungarian|Latin|Uralic|58.4
id|Indonesian|Latin|Austronesian|148.3
it|Italian|Latin|Romance|30.2
ja|Japanese|Kanji and kana|Japonic|69.3
jv|Javanese|Latin|Austronesian|0.2
ka|Georgian|Georgian|Kartvelian|9.1
kk|Kazakh|Cyrillic|Turkic|6.4
ko|Korean|Hangul|Koreanic|54.2
lt|Lithuanian|Latin|Baltic|13.7
ml|Malayalam|Malayalam|Dravidian|7.6
mr|Marathi|Devanagari|Indo-Aryan|2.8
ms|Malay|Latin|Austronesian|8.5
my|Burmese|Burmese|Sino-Tibetan|2.0
nl|Dutch|Latin|Germanic|29.3
pa|Punjabi|Gurmukhi|Indo-Aryan|0.8
pl|Polish|Latin|Slavic|44.6
pt|Portuguese|Latin|Romance|49.1
qu|Quechua|Latin|Quechuan|0
ro|Romanian|Latin|Romance|61.4
ru|Russian|Cyrillic|Slavic|278.0
sw|Swahili|Latin|Bantu|1.6
ta|Tamil|Tamil|Dravidian|12.2
te|Telugu|Telugu|Dravidian|4.7
th|Thai|Thai|Kra-Dai|71.7
tl|Tagalog|Latin|Austronesian|3.1
tr|Turkish|Latin|Turkic|20.9
uk|Ukrainian|Cyrillic|Slavic|84.6
ur|Urdu|Arabic|Indo-Aryan|5.7
vi|Vietnamese|Latin|Austroasiatic|137.3
wo|Wolof|Latin|Atlantic|0
yo|Yoruba|Latin|Yoruboid|0
zh|Chinese|Han|Sino-Tibetan|63.5
qla|Alvene|generated|miniature|
qlb|Brezhan|generated|miniature|
qlc|Keltuvi|generated|miniature|
qld|Davruli|generated|miniature|
qle|Emuna|generated|miniature|
"""
# Sizes: published in Conneau et al. 2020 (arXiv 1911.02116), table 6 in appendix A, as they are transcribed in
# github.com/mayhewsw/multilingual-data-stats, cc-100/cc-100.csv; the paper itself was not at hand to compare with. What
# the table counts apart in Latin letters (bn, hi, ta, te, ur) is left out; Burmese is the sum of its two rows (1.6 and
# 0.4), Chinese of simplified (46.9) and traditional (16.6). Languages that the table does not name have 0.
# The codes of the miniature's generated languages lie in the range that ISO 639 reserves for private use (qaa to qtz).

LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {language.code: language for line in _TABLE.split("\n") if line for language in [Language.of(line)]}
)


def is_language(code: str) -> bool:
    """Whether `code` is a language, or a pair of them, such as "de-en" of MLQA: that of contexts, that of questions."""
    return all(part in LANGUAGES for part in code.split("-", 1))
