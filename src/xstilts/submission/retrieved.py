"""What retrieval finds: Tatoeba's nearest sentences by number, BUCC's pairs by name."""

from __future__ import annotations

import logging

import pyarrow as pa
import pyarrow.compute as pc

from xstilts.errors import UserError
from xstilts.metrics.mining import METRIC
from xstilts.submission.files import File, lines
from xstilts.submission.tested import Tested

logger = logging.getLogger(__name__)


def neighbour_files(tested: Tested) -> dict[str, File]:
    """For each English sentence, in alphabetical order, the number of a foreign one, from 0, in the order of its file.

    XTREME sorts the English side by code points so that line numbers give nothing away; equal sentences keep their
    order.
    """
    found = {}
    for language, records in tested.records.items():
        foreign, english = (records.filter(pc.equal(records["side"], side)) for side in ("foreign", "english"))
        number = {name: i for i, name in enumerate(foreign["id"].to_pylist())}
        said = tested.said[language]["prediction"].to_pylist()
        texts = [text.strip() for text in english["text"].to_pylist()]
        odd = [name for name in said if name not in number]
        if odd:
            what = f"{odd[0]!r} was found, which is no foreign sentence of the records"
            raise UserError(f"{tested.folder.name} {language}: {what}; make the predictions again, of these records")
        order = sorted(range(len(texts)), key=texts.__getitem__)
        found[language] = lines([str(number[said[i]]) for i in order])
    return found


def pair_files(tested: Tested) -> dict[str, File]:
    """A foreign sentence and its translation, with a tab between: those that the metric keeps at dev's threshold."""
    found = {}
    for language, said in tested.said.items():
        dev = tested.dev.get(language)
        if dev is None:
            what = "no predictions for dev, on which the threshold is chosen"
            raise UserError(f"{tested.folder.name} {language}: {what}; predict both splits")
        kept = METRIC.statistics(pa.concat_tables([dev, said]), ())["kept"][len(dev) :] > 0
        pairs = said.filter(pa.array(kept))
        logger.info("%s: %d pairs of %d sentences", tested.folder.file(language), len(pairs), len(said))
        names = zip(pairs["id"].to_pylist(), pairs["prediction"].to_pylist(), strict=True)
        found[language] = lines([f"{foreign}\t{english}" for foreign, english in names])
    return found
