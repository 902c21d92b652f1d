"""The JSON files of question answering: an answer to each question, by its id."""

import json

import pytest

from xstilts.errors import UserError


def question(name, language="fi", answer="4000 eaa"):
    context = f"Kaupunki perustettiin vuonna {answer}."
    answers = [{"text": answer, "start": context.index(answer)}]
    return {"id": name, "language": language, "question": "Milloin?", "context": context, "answers": answers}


def said(**answers):
    return [{"id": name, "language": "fi", "prediction": text} for name, text in answers.items()]


def test_answers_stand_by_the_ids_of_their_questions(desk):
    names = ("finnish--267686407665346253-29", "finnish-3-0")
    desk.put("tydiqa", [question(name) for name in names], said(**dict(zip(names, ("eaa", ""), strict=True))))
    assert json.loads(desk.write(partial=True)["tydiqa/test-fi.json"]) == {names[0]: "eaa", names[1]: ""}


@pytest.mark.parametrize("answer", ["電化學 𠀀", 'Å "quoted" \\ tab\t', "ไทย\u200c", "🜨"])
def test_answers_of_all_scripts_come_back_from_plain_ascii(desk, answer):
    desk.put("tydiqa", [question("a", answer=answer)], said(a=answer))
    text = desk.write(partial=True)["tydiqa/test-fi.json"]  # which is opened as ASCII
    assert json.loads(text) == {"a": answer}


def test_the_file_that_a_question_was_read_from_is_no_part_of_its_id(desk):
    names = ("tydiqa/test-00000-of-00002:finnish-1-0", "tydiqa/test-00001-of-00002:finnish-2-0")
    desk.put("tydiqa", [question(name) for name in names], said(**dict.fromkeys(names, "eaa")))
    assert list(json.loads(desk.write(partial=True)["tydiqa/test-fi.json"])) == ["finnish-1-0", "finnish-2-0"]


def test_two_questions_of_one_name_are_refused(desk):
    names = ("one/file:finnish-1-0", "other/file:finnish-1-0")
    desk.put("tydiqa", [question(name) for name in names], said(**dict.fromkeys(names, "eaa")))
    with pytest.raises(UserError, match="tydiqa fi: 1 questions have the id of another"):
        desk.write(partial=True)
