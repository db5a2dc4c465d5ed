"""PEtab problems as others write them, of models with answers in closed form."""

import antimony

#: A decays in a compartment of size 2; nothing says in what it counts time.
DECAY = """
compartment c = 2; species A in c; A = 10; k = 0.3;
J: A -> ; k * A * c;
"""
ONE = {
    "problem.yaml": """format_version: 1
parameter_file: parameters.tsv
problems:
  - sbml_files: [model.xml]
    condition_files: [conditions.tsv]
    observable_files: [observables.tsv]
    measurement_files: [measurements.tsv]
""",
    "parameters.tsv": """parameterId parameterScale lowerBound upperBound nominalValue \
estimate objectivePriorType objectivePriorParameters
k_fast log10 0.01 10 0.5 1 parameterScaleNormal -0.3;0.2
k_slow log 0.01 10 0.2 1 - -
start_A lin 1 100 20 1 - -
offset lin 0 10 0.5 1 normal 0;1
scale log 0.1 10 1.5 1 - -
sd_seen log 0.01 1 0.1 1 - -
unit_factor lin - - 3 0 - -
""",
    "conditions.tsv": """conditionId k A
fast k_fast start_A
slow k_slow 5
""",
    "observables.tsv": """observableId observableFormula observableTransformation noiseFormula \
noiseDistribution
seen offset+scale*A log10 sd_seen normal
shifted observableParameter1_shifted*unit_factor*log(A) lin noiseParameter1_shifted normal
""",
    "measurements.tsv": """observableId preequilibrationConditionId simulationConditionId time \
measurement observableParameters noiseParameters
seen - fast 0 31 - -
seen - fast 2 12 - -
seen - slow 1 6.5 - -
seen - slow 4 3.5 - -
shifted - fast 1 14 2 0.3
shifted - slow 3 3.2 scale 0.5
""",
}
TWO = {
    "problem.yaml": """format_version: 2.0.0
model_files: {decay: {location: model.xml, language: sbml}}
parameter_files: [parameters.tsv]
condition_files: [conditions.tsv]
experiment_files: [experiments.tsv]
observable_files: [observables.tsv]
measurement_files: [measurements.tsv]
""",
    "parameters.tsv": """parameterId lowerBound upperBound nominalValue estimate \
priorDistribution priorParameters
k 0.01 10 0.2 true log-normal -1.2;0.5
dose 1 100 7 true - -
sd_seen 0.01 1 0.1 true - -
unit_factor - - 3 false - -
""",
    "conditions.tsv": """conditionId targetId targetValue
given A A+dose
twice A A+2*dose
washed A 1
""",
    "experiments.tsv": """experimentId time conditionId
one 0 -
one 2 given
one 5 washed
two 0 -
two 1 twice
""",
    "observables.tsv": """observableId observableFormula observablePlaceholders noiseFormula \
noisePlaceholders noiseDistribution
seen unit_factor*A - 2*sd_seen - log-normal
plain A - spread spread normal
""",
    "measurements.tsv": """observableId experimentId time measurement observableParameters \
noiseParameters
seen one 1 20 - -
seen one 2 40 - -
seen one 6 3 - -
plain one 4 8 - 0.5
plain two 1 20 - 0.7
plain two 3 15 - 0.7
""",
}

STEADY = {
    "problem.yaml": ONE["problem.yaml"].replace("model.xml", "flow.xml"),
    "parameters.tsv": """parameterId parameterScale lowerBound upperBound nominalValue estimate
loss log 0.1 2 0.5 1
""",
    "conditions.tsv": """conditionId inflow
low 2
high 8
""",
    "observables.tsv": """observableId observableFormula noiseFormula
seen B 0.5
""",
    "measurements.tsv": """observableId simulationConditionId time measurement
seen low inf 5
seen high inf 9
""",
}


def write(folder, files, **changed):
    """The files in a folder, some of them changed; the path of the YAML file.

    `changed` maps the stem of a file to a pair: what is replaced by what.
    """
    antimony.clearPreviousLoads()
    assert antimony.loadAntimonyString(DECAY) >= 0
    (folder / "model.xml").write_text(antimony.getSBMLString(antimony.getMainModuleName()))
    for name, text in files.items():
        stem = name.partition(".")[0]
        if stem in changed:
            old, new = changed[stem]
            assert old in text
            text = text.replace(old, new, 1)
        if name.endswith(".tsv"):
            lines = ["\t".join(c if c != "-" else "" for c in x.split()) for x in text.splitlines()]
            text = "\n".join(lines) + "\n"
        (folder / name).write_text(text)
    return folder / "problem.yaml"
