"""An SBML text, opened safely: what cannot be read or is not simulated is refused here."""

from __future__ import annotations

import re
from typing import Any
from xml.parsers import expat

from il15_sim.errors import InputError

# libSBML calls itself for every level and ends the process where the stack does.
_DEEPEST = 1000
_PACKAGE = re.compile(r"http://www\.sbml\.org/sbml/level\d/version\d/(\w+)/")
_DECLARATION = re.compile(r"\A\ufeff?\s*(<\?xml\s[^>]*\?>)?")


class Unsupported(InputError):
    """SBML that is not simulated, by the id of the element, and never approximated."""


def open_document(sbml: str) -> Any:
    """The libSBML document of an SBML text.

    Raises
    ------
    InputError
        When the text is no SBML, with the first fault and its line.
    Unsupported
        For another level than 2 or 3, a package that changes what the model means, formulas nested
        too deeply, events, constraints, algebraic rules and fast reactions.
    """
    import libsbml

    # It is text already: whatever encoding the file had, and said or did not say, is past.
    sbml = _DECLARATION.sub('<?xml version="1.0" encoding="UTF-8"?>', sbml, count=1)
    _look_through(sbml)
    document = libsbml.readSBMLFromString(sbml)
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR:
            raise InputError(
                f"the SBML does not read: {_first_sentence(error.getMessage())}",
                where=f"line {error.getLine()}",
            )
    if document.getModel() is None:
        raise InputError("the SBML text holds no model")
    if document.getLevel() not in (2, 3):
        raise Unsupported(
            f"SBML Level {document.getLevel()} is not read",
            fix="convert the model to Level 3, as libSBML's setLevelAndVersion does",
        )
    _refuse_what_is_not_simulated(document.getModel())
    return document


def _first_sentence(message: str) -> str:
    return re.split(r"(?<=[.!])\s", " ".join(message.split()), maxsplit=1)[0]


def _look_through(sbml: str) -> None:
    """Refuse what would crash the reader, and packages that it may not know."""
    parser = expat.ParserCreate(namespace_separator=" ")
    named: list[str] = []  # the innermost element with an id comes last
    marks: list[int] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if not marks:
            _refuse_packages(attributes)
        marks.append(len(named))
        name = attributes.get("id") or attributes.get("variable") or attributes.get("symbol")
        if name:
            named.append(name)
        if len(marks) > _DEEPEST:
            place = f"'{named[-1]}'" if named else "the SBML text"
            raise Unsupported(f"{place} is nested more than {_DEEPEST} levels deep")

    def end(tag: str) -> None:
        del named[marks.pop() :]

    def doctype(*_: object) -> None:
        raise Unsupported("SBML with a document type declaration is not read")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(sbml, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise InputError(
            f"the SBML is no well-formed XML: {reason}", where=f"line {error.lineno}"
        ) from None
    except UnicodeEncodeError:
        raise InputError("the SBML text holds characters that are not Unicode") from None


def _refuse_packages(attributes: dict[str, str]) -> None:
    for name, value in attributes.items():
        namespace, _, attribute = name.rpartition(" ")
        if attribute == "required" and namespace and value.strip() in ("true", "1"):
            known = _PACKAGE.match(namespace)
            package = known[1] if known else namespace
            if package != "l3v2extendedmath":  # elements of formulas, which are judged one by one
                raise Unsupported(
                    f"SBML package '{package}' is not simulated",
                    why="it changes what the model means",
                )


def _refuse_what_is_not_simulated(model: Any) -> None:
    for i in range(model.getNumEvents()):
        name = model.getEvent(i).getIdAttribute() or f"number {i + 1}"
        raise Unsupported(f"event '{name}' is not simulated")
    for i in range(model.getNumConstraints()):
        name = model.getConstraint(i).getIdAttribute() or f"number {i + 1}"
        raise Unsupported(f"constraint '{name}' is not simulated", why="it may stop a run")
    for i in range(model.getNumRules()):
        if model.getRule(i).isAlgebraic():
            name = model.getRule(i).getIdAttribute() or model.getRule(i).getMetaId()
            raise Unsupported(f"algebraic rule '{name or f'number {i + 1}'}' is not simulated")
    for i in range(model.getNumReactions()):
        if model.getReaction(i).getFast():
            name = model.getReaction(i).getIdAttribute()
            raise Unsupported(f"fast reaction '{name}' is not simulated")
