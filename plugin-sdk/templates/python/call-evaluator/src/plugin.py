"""Takes the provider's analysis and hears for itself when a person does not want to be called."""

import json

from guard import guarded
from wit_world import exports
from wit_world.exports.evaluator import Answer, Evaluation, Talk
from wit_world.imports import config, types


class Evaluator(exports.Evaluator):
    """One answer for every variable that is wanted; undetermined where the call does not tell. Never a guess."""

    @guarded
    def evaluate(self, talk: Talk, wanted: list[types.VariableSpec]) -> Evaluation:
        phrase = json.loads(config.get()).get("stop_phrase", "stop calling")
        answers = []
        for variable in wanted:
            if variable.role == types.Role.OPT_OUT and variable.kind == types.ValueType.BOOLEAN:
                answers.append(opt_out(variable.name, talk.transcript, phrase))
            else:
                answers.append(provided(variable, talk.provided))
        return Evaluation(answers=answers, usage=None, extra=[])


def opt_out(name: str, transcript: list[types.Utterance], phrase: str) -> Answer:
    evidence = [
        position
        for position, line in enumerate(transcript)
        if line.speaker == types.Speaker.PERSON and phrase.lower() in line.text.lower()
    ]
    reason = f'the person said "{phrase}"' if evidence else f'nobody said "{phrase}"'
    return Answer(name, types.Value_Boolean(bool(evidence)), reason, evidence, None)


TYPES = {
    types.ValueType.BOOLEAN: types.Value_Boolean,
    types.ValueType.NUMBER: types.Value_Number,
    types.ValueType.TEXT: types.Value_Text,
    types.ValueType.CHOICE: types.Value_Text,
    types.ValueType.DATE_TIME: types.Value_DateTime,
}


def provided(wanted: types.VariableSpec, told: list[types.Variable]) -> Answer:
    """The provider's answer counts only if it is of the type asked for; a choice must be one of those offered."""
    value = next((one.value for one in told if one.name == wanted.name), None)
    fits = value is not None and isinstance(value, TYPES.get(wanted.kind, ()))
    if fits and wanted.kind == types.ValueType.CHOICE:
        fits = value.value in wanted.choices
    if fits:
        return Answer(wanted.name, value, "from the provider's analysis", [], None)
    return Answer(wanted.name, types.Value_Undetermined(), "the call does not tell", [], None)
