from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from errors import raises
from identities import identity_of

from dataworth.errors import StudyError
from dataworth.learners import resolve
from dataworth.learners.keras.backend import load_keras
from dataworth.learners.keras.network import Network
from dataworth.learners.keras.presets import cnn, preset


def dense(width: int, ending: str | None = "softmax") -> Any:
    keras = load_keras()
    return keras.Sequential(
        [keras.layers.Dense(width, activation="relu"), keras.layers.Dense(10, activation=ending)]
    )


def with_width(width: int) -> Any:
    return lambda shape, classes: dense(width)


def test_presets_have_names_and_defaults() -> None:
    assert identity_of(resolve("mlp")) == identity_of(resolve("mlp:128"))
    assert resolve("mlp:64,32").name == "mlp:64,32"
    assert identity_of(resolve("mlp")) != identity_of(resolve("mlp", learning_rate=0.01))


@pytest.mark.parametrize(
    ("side", "flattened"), [pytest.param(28, 3136, marks=pytest.mark.slow), (8, 256), (4, 64)]
)
def test_the_convolutional_preset_pads_images_of_every_size(side: int, flattened: int) -> None:
    layers = cnn((side, side), 47).layers
    assert layers[-2].kernel.shape == (flattened, 128)
    assert identity_of(resolve("cnn"), (side, side), 47)["padding"] == "same"


def test_the_convolutional_preset_drops_half_and_says_so() -> None:
    network = Network(cnn, (28, 28), 47)
    assert [layer.rate for layer in network.model.layers if hasattr(layer, "rate")] == [0.5]
    assert identity_of(resolve("cnn"), (28, 28), 47)["dropout"] == 0.5
    assert network.has_only_seeds


@pytest.mark.parametrize(
    ("model", "code", "message"),
    [
        ("cnm", "unknown-model", '"cnn"'),
        ("mlp:0", "unknown-model", '"mlp:0"'),
        ("mlp:" + ",".join(["8"] * 3_000), "value-out-of-range", "3,000 hidden layers"),
        ("mlp:" + "9" * 5_000, "value-out-of-range", "12 digits"),
        (7, "unknown-model", "7"),
        ("no.such:thing", "import-failed", "no.such"),
        ("dataworth.learners.keras.presets:nothing", "import-failed", "nothing"),
        ("missing.keras", "file-not-found", "missing.keras"),
    ],
)
def test_unknown_models_are_refused_in_words(model: object, code: str, message: str) -> None:
    with raises(code, StudyError, message):
        resolve(model)


def test_a_learner_passes_through() -> None:
    learner = resolve("linear")
    assert resolve(learner) is learner


def test_identity_of_a_function_is_what_it_builds() -> None:
    four = identity_of(resolve(with_width(4)))
    assert four == identity_of(resolve(with_width(4)))
    assert four != identity_of(resolve(with_width(5)))


def test_model_object_and_file_stand_for_their_configuration(tmp_path: Path) -> None:
    model = dense(6)
    model.build((None, 64))
    model.save(tmp_path / "six.keras")
    saved = resolve(tmp_path / "six.keras")
    assert saved.name == "six"
    assert identity_of(saved) == identity_of(resolve(model))


@pytest.mark.parametrize("ending", ["softmax", None])
def test_softmax_is_taken_off_exactly(ending: str | None) -> None:
    network = Network(lambda shape, classes: dense(6, ending), (8, 8), 10)
    x = np.random.default_rng(0).random((5, 8, 8), dtype=np.float32)
    logits = np.asarray(network(network.trainable, network.state, x, training=False)[0])
    assert network.gives_logits
    assert not np.allclose(np.exp(logits).sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("build", "code", "message"),
    [
        (lambda shape, classes: dense(6), "model-does-not-fit-data", "62 classes"),
        (
            lambda shape, classes: dense(6, "sigmoid"),
            "invalid-outputs",
            "sigmoid",
        ),
        (lambda shape, classes: "model", "not-a-model", "a str"),
    ],
)
def test_models_that_do_not_fit_are_refused(build: Any, code: str, message: str) -> None:
    outputs = 10 if "sigmoid" in message else 62
    with raises(code, StudyError, message):
        Network(build, (8, 8), outputs)


def test_a_model_that_would_forget_what_it_was_adapted_to_is_refused(tmp_path: Path) -> None:
    layers = load_keras().layers
    adapted = layers.Normalization(name="first")
    model = load_keras().Sequential([load_keras().Input((8,)), adapted, layers.Dense(10)])
    fresh = identity_of(resolve(model), (8,), 10)
    adapted.adapt(np.random.default_rng(0).normal(3, 2, (50, 8)))
    assert fresh
    model.save(tmp_path / "adapted.keras")
    for given in (model, tmp_path / "adapted.keras"):
        with raises("model-not-rebuildable", StudyError, "'first'"):
            resolve(given)


def test_another_backend_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_keras().backend, "backend", lambda: "numpy")
    with raises("keras-settings", StudyError, "numpy backend.*KERAS_BACKEND=jax"):
        load_keras()


@pytest.mark.slow
def test_another_backend_of_a_process_is_refused_in_words() -> None:
    program = (
        "import os; os.environ['KERAS_BACKEND'] = 'numpy'; import keras\n"
        "from dataworth.learners.keras.backend import load_keras; load_keras()"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "KERAS_BACKEND=jax" in done.stderr


def test_importing_learners_imports_no_heavy_library() -> None:
    program = "import sys, dataworth.learners; print(sorted({'jax', 'keras'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_a_network_that_no_memory_holds_is_refused_before_it_is_built() -> None:
    found = preset("mlp:99999999,99999999")
    assert found is not None
    with raises("out-of-memory", StudyError, "99999999.* GB"):
        found[0]((8, 8), 10)
