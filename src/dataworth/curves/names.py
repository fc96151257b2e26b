"""What a column of measurements holds, by its name: sizes, seeds, spread, settings."""

from __future__ import annotations

import re
import unicodedata


def words(name: str) -> list[str]:
    """The words of the name of a column, in lower case, without the prefixes of trackers."""
    plain = unicodedata.normalize("NFKC", name)
    # trainSize and nSamples are two words each.
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", plain)
    found = re.findall(r"[^\W_]+", re.sub(r"[(\[].*?[)\]]", " ", plain).casefold())
    while len(found) > 1 and found[0] in _PREFIXES:
        found = found[1:]
    return found


def key(name: str) -> str:
    """A name of a column as one word."""
    return "".join(words(name)) or name.strip()


def is_percent(name: str) -> bool:
    """Whether the name of a column says that it is in per cent."""
    found = re.findall(r"[^\W_]+|%", name.casefold())
    return bool({"percent", "percentage", "pct", "%"} & set(found)) or "per cent" in name.casefold()


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


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
    trainingfraction fractiontrain subsetfraction share shares datashare proportion percent
    percentage pct percentofdata datapercent datapercentage trainpercent datapct trainpct
    percentofthedata ofdata ofthedata data % subset subsetratio ratio dataratio
    """
)
SEED = _names(
    """
    seed seeds randomseed randomstate rngseed rng splitseed dataseed subsetseed outerseed innerseed
    run runs runid runname runnumber runuuid rep reps repeat repeats repetition replicate replica
    trial trialid trialnumber fold folds foldid cvfold outerfold innerfold
    """
)
STD = _names("std stdev stddev standarddeviation sd sigma deviation spread")
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
    numrepeats repetitions replicates nfolds trials ntrials
    """
)
VALUE = _names("value values")
MEASURE = _names("metric metrics metricname measure key tag scorer scoring quantity")
ANNOTATIONS = _names(
    """
    state status notes note user tags created runtime sweep starttime endtime duration sourcetype
    sourcename source host hostname node gpu device machine date time timestamp walltime comment
    comments remark remarks anmerkung bemerkung id index artifacturi experimentid lifecyclestage
    updated seconds elapsed elapsedtime traintime trainingtime traintimeseconds fittime scoretime
    memory cost relativetime
    """
)
"""Columns that describe a run, but do not make it another experiment."""
EXPERIMENT = _names(
    """
    learner learners model models modelname algorithm algo method methods estimator classifier
    regressor architecture arch backbone network system approach strategy acquisition optimizer
    optimiser pretrained augmentation dataset datasets datasetname data task tasks taskname domain
    language lang corpus benchmark split subset partition phase set stage mode variant config
    setting experiment group openmlid datasetid taskid modelsize parameters params nparams
    numparams numparameters nparameters width depth layers nlayers numlayers hidden hiddensize
    hiddenunits dim lr learningrate batchsize epochs epoch dropout weightdecay maxdepth
    nestimators checkpoint version
    """
)
"""Columns whose values make rows of different experiments, in any order of the rows."""
