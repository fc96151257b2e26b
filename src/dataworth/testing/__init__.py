"""Conformance suites: checks that every learner, task, law, executor, store and observer passes.

Each suite is a tuple of functions that take a case and raise `AssertionError`. With pytest::

    @pytest.mark.parametrize("check", LEARNER_CHECKS, ids=lambda check: check.__name__)
    def test_my_learner(check):
        check(LearnerCase(MyLearner, dataset))
"""
