"""How a checkpoint is opened, as code that runs: transformers alone, nothing of this project."""

from __future__ import annotations

import json
from collections.abc import Sequence

from xstilts.formats import format_named
from xstilts.layout import HEADS

PIPELINES = {
    "classification": "text-classification",
    "choice": "multiple-choice",
    "span": "question-answering",
    "tagging": "token-classification",
    "mlm": "fill-mask",
}
ENCODER = "feature-extraction"
READ = {
    "classification": """
inputs = tokenizer("The cat sleeps.", "An animal rests.", return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits
print(model.config.id2label[logits.argmax().item()])
""",
    "choice": """
prompt, choices = "The glass fell, so", ["it broke.", "it sang."]
inputs = tokenizer([prompt] * len(choices), choices, padding=True, return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits[:, 0]  # one number a choice: each was read beside the prompt
print(choices[logits.argmax().item()])
""",
    "span": """
inputs = tokenizer("Who sleeps?", "The cat sleeps.", return_tensors="pt")
with torch.no_grad():
    said = model(**inputs)
start, end = said.start_logits.argmax().item(), said.end_logits.argmax().item()
print(tokenizer.decode(inputs["input_ids"][0, start : end + 1]))
""",
    "tagging": """
inputs = tokenizer(["The", "cat", "sleeps"], is_split_into_words=True, return_tensors="pt")
with torch.no_grad():
    tags = model(**inputs).logits[0].argmax(-1).tolist()
for piece, word in enumerate(inputs.word_ids()):
    if word is not None and word != inputs.word_ids()[piece - 1]:  # a word's first piece has its tag
        print(word, model.config.id2label[tags[piece]])
""",
    "mlm": """
inputs = tokenizer(f"The cat {tokenizer.mask_token}.", return_tensors="pt")
with torch.no_grad():
    logits = model(**inputs).logits[0]
place = inputs["input_ids"][0].tolist().index(tokenizer.mask_token_id)
print(tokenizer.decode(logits[place].topk(5).indices))
""",
    ENCODER: """
inputs = tokenizer("The cat sleeps.", return_tensors="pt")
with torch.no_grad():
    states = model(**inputs).last_hidden_state
print(states.shape)
""",
}


def kind_of(formats: Sequence[str]) -> str:
    """What a stage's checkpoint is saved as: one task with its head, or the encoder of a mixture."""
    return formats[0] if len(formats) == 1 else ENCODER


def pipeline_of(formats: Sequence[str]) -> str:
    """The hub's name for what the model does."""
    return PIPELINES.get(kind_of(formats), ENCODER)


def loading(kind: str, folder: str) -> str:
    """The lines that open a checkpoint and ask it something."""
    auto = str(format_named(kind).auto_class) if kind != ENCODER else "AutoModel"
    return f"""
import torch
from transformers import {", ".join(sorted([auto, "AutoTokenizer"]))}

folder = {json.dumps(folder, ensure_ascii=False)}  # or wherever this folder lies
tokenizer = AutoTokenizer.from_pretrained(folder)
model = {auto}.from_pretrained(folder).eval()
{READ[kind].strip()}
"""


def about_heads(names: Sequence[str]) -> str:
    """What a mixture's folder holds beside the encoder."""
    heads = ", ".join(f"`heads.{number}` {name}" for number, name in enumerate(names))
    return (
        "`AutoModel` opens the encoder, which is all that passes on to further stages. (transformers may say that it "
        f"draws a pooler anew: none was trained, and `last_hidden_state` does without.) The heads lie in `{HEADS}`: "
        f"{heads}."
    )
