"""What a column of measurements holds, by its name: sizes, seeds, spread, settings."""

from __future__ import annotations

import re
import unicodedata


def words(name: str) -> list[str]:
    """The words of the name of a column, in lower case, without the prefixes of trackers."""
    plain = unicodedata.normalize("NFKC", name)
    # trainSize and nSamples are two words each.
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    # Behind the last closing bracket, none that opens is looked for: each would be a search.
    end = max(plain.rfind(")"), plain.rfind("]")) + 1
    plain = re.sub(r"[(\[].*?[)\]]", " ", plain[:end]) + plain[end:]
    found = re.findall(r"[^\W_]+", plain.casefold())
    while len(found) > 1 and found[0] in _PREFIXES:
        found = found[1:]
    return found


def key(name: str) -> str:
    """A name of a column as one word."""
    return "".join(words(name)) or name.strip()


def sizes_group(name: str) -> int | None:
    """How likely a column holds sizes by its name: 0 is the likeliest, None is not at all."""
    if are_bytes(name):
        return None
    if name.rstrip().endswith("%") and {*words(name)} <= _FILLERS | _DATA | {"size"}:
        return _OF_SHARES
    plain = unit_of_sizes(name)[0]
    word = key(plain)
    said = [each for each in words(plain) if each not in _FILLERS]
    bare = "".join(said)
    of_data = "".join(each for each in said if each not in _DATA)
    for place, group in enumerate((SAMPLES - {"n"}, {"n"}, SHARES, SAMPLES | _THINGS, STEPS)):
        rest = {_OF_SHARES: of_data or bare, _OF_THINGS: bare}.get(place)
        if word in group or rest in group:
            return place
    return None


def are_shares(name: str) -> bool:
    """Whether a name is one of fractions or per cent of the data, not of numbers of samples."""
    return sizes_group(name) == _OF_SHARES


def are_bytes(name: str) -> bool:
    """Whether a name is one of sizes in megabytes and the like, which count no samples."""
    return _BYTES.search(name) is not None


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


UNITS = {
    **dict.fromkeys(("k", "thousand", "thousands", "tsd", "1000s", "000s", "000", "1e3"), 1e3),
    **dict.fromkeys(("m", "mio", "mn", "million", "millions", "1e6"), 1e6),
    **dict.fromkeys(("b", "bn", "g", "billion", "billions", "1e9"), 1e9),
    **dict.fromkeys(("t", "trillion", "trillions", "1e12"), 1e12),
}
"""Units of numbers of samples, in cells and in the names of their columns."""
_BYTES = re.compile(
    r"(?:[(\[/]|\bin\b)\s*(?:[kmgt]i?b|(?:[kmgt]\w+)?bytes?)\s*[)\]]?\s*$", re.IGNORECASE
)
"""At the end of a name: a size in megabytes and the like."""
_LOGARITHMS = frozenset(("log", "log2", "log10", "ln", "lg"))


def unit_of_sizes(name: str) -> tuple[str, float]:
    """The name of a column without the unit of its numbers, and that unit: 1e3 of "samples (k)"."""
    if bracket := re.search(r"[(\[]\s*(?:in\s)?(.*?)[)\]]|/\s*(1\w+)\s*$", name):
        unit = UNITS.get(_plain_unit(bracket[1] or bracket[2] or ""))
        if unit is not None:
            return name[: bracket.start()], unit
    found = words(name)
    rest = [word for word in found if word not in ("of", "in")]
    for word, others in ((rest[0], rest[1:]), (rest[-1], rest[:-1])) if len(rest) > 1 else ():
        if word in UNITS and "".join(others) in SAMPLES - {"n"}:
            return " ".join(others), UNITS[word]
    return name, 1.0


def _plain_unit(text: str) -> str:
    """A unit in lower case: "k" of "K", "1000s" of "'000s", "1e3" of "x 10^3"."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = re.sub(r"[^a-z\d^]|^x", "", plain.replace("\u00d7", ""))
    plain = re.sub(r"^10\^?(\d)$", r"1e\1", plain.strip("x"))
    return {"1000": "1e3", "1000000": "1e6"}.get(plain, plain)


def are_logarithms(name: str) -> bool:
    """Whether a name says that its column holds logarithms."""
    return bool(_LOGARITHMS & set(words(name)))


_PREFIXES = _names("config params param hparams hyperparameters hyperparams summary")

SAMPLES = _names(
    """
    samples sample nsamples numsamples numberofsamples samplesize samplesizes size sizes n ns
    trainsize trainsizes sizetrain trainingsize trainingsizes trainingsetsize trainsetsize
    trainsizesabs ntrain numtrain trainn trainsamples trainingsamples ntrainsamples
    ntrainingsamples numtrainsamples numtrainingsamples numberoftrainingsamples samplesseen
    seensamples examples nexamples numexamples numberofexamples trainexamples trainingexamples
    ntrainexamples numtrainexamples numtrainingexamples seenexamples examplesseen rows nrows
    numrows trainrows ntrainrows datasize datasetsize trainingdatasize datapoints ndatapoints
    numdatapoints ndata numdata nlabels numlabels labels labelled labeled nlabelled nlabeled
    images nimages numimages trainimages ntrainimages points npoints instances ninstances
    numinstances traininginstances anchor anchors shots nshots tokens ntokens numtokens
    traintokens trainingtokens tokensseen documents sentences utterances annotations
    """
)
STEPS = _names("step steps globalstep iteration iterations iter update updates trainerglobalstep")
SHARES = _names(
    """
    fraction fractions frac datafraction fractionofdata datasetfraction trainfraction
    trainingfraction fractiontrain subsetfraction share shares datashare proportion portion percent
    percentage pct percentofdata datapercent datapercentage trainpercent datapct trainpct
    percentofthedata ofdata ofthedata data % subset subsetratio ratio dataratio
    """
)
_OF_SHARES, _OF_THINGS = 2, 3
_FILLERS = _names(
    "n num number of the in count total train training labelled labeled seen used dataset"
)
_DATA = _names("data set samples labels examples images")
_THINGS = _names(
    """
    sample example row image point token document sentence utterance docs pairs sequences
    questions trajectories episodes transitions frames molecules structures cells patients
    subjects users queries demos demonstrations observations records events cases problems prompts
    dialogues recordings clips videos scans annotationbudget labelbudget labelingbudget
    """
)
"""What samples may be, where no other name is one of numbers of samples."""
SEED = _names(
    """
    seed seeds randomseed randomstate rngseed rng splitseed dataseed subsetseed outerseed innerseed
    run runs runid runname runnumber runuuid rep reps repeat repeats repetition replicate replica
    trial trialid trialnumber fold folds foldid cvfold outerfold innerfold
    """
)
STD = _names("std stds stdev stddev standarddeviation sd sigma deviation spread uncertainty")
VARIANCE = _names("var variance")
MEAN = _names("mean means average avg")
SE = _names("se sem stderr standarderror stderror")
HALF = _names("ci ci95 95ci ci90 90ci ci99 99ci ci68 halfwidth errorbar margin marginoferror")
LOWER = _names(
    "lower low lo cilow cilower lowerci ci95low ci95lower cilo lowerbound 95cilower 95cilow"
)
UPPER = _names(
    "upper high hi cihigh ciupper upperci ci95high ci95upper cihi upperbound 95ciupper 95cihigh"
)
RUNS = _names(
    """
    n runs nruns numruns numberofruns nseeds numseeds seeds count counts repeats nrepeats
    numrepeats repetitions nrepetitions replicates nreplicates reps nreps nfolds folds trials
    ntrials
    """
)
VALUE = _names("value values")
MEASURE = _names("metric metrics metricname measure key tag scorer scoring quantity")
ANNOTATIONS = _names(
    """
    state status notes note user tags created runtime sweep starttime endtime duration sourcetype
    sourcename source host hostname node gpu device machine date time timestamp walltime comment
    comments remark remarks anmerkung bemerkung id index artifacturi experimentid lifecyclestage
    updated number rank ranktestscore unnamed0 seconds elapsed elapsedtime traintime trainingtime
    traintimeseconds fittime scoretime memory cost relativetime
    """
)
"""Columns that describe a run, but do not make it another experiment."""
EXPERIMENT = _names(
    """
    curve curves series learner learners model models modelname algorithm algo method methods
    estimator classifier regressor architecture arch backbone network system approach strategy
    acquisition optimizer optimiser pretrained augmentation dataset datasets datasetname data task
    tasks taskname domain
    language lang corpus benchmark split subset partition phase set stage mode variant config
    setting experiment group openmlid datasetid taskid modelsize parameters params nparams
    numparams numparameters nparameters width depth layers nlayers numlayers hidden hiddensize
    hiddenunits dim lr learningrate batchsize epochs epoch dropout weightdecay maxdepth
    nestimators checkpoint version
    """
)
"""Columns whose values make rows of different experiments, in any order of the rows."""
