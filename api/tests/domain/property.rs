//! How the properties are run.
//!
//! The seed is printed (by a failing test, or with `--nocapture`): `PROPTEST_RNG_SEED` runs it again,
//! `PROPTEST_CASES` runs more cases. What failed once is kept in `regressions/`, is committed, and is
//! run first from then on.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};
use std::hash::{BuildHasher as _, RandomState};

/// The file in which the failures of one property are kept.
macro_rules! regressions {
    ($property:literal) => {
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/domain/regressions/",
            $property,
            ".txt"
        )
    };
}
pub(crate) use regressions;

/// Holds that `test` passes for whatever `strategy` makes, `cases` times unless told otherwise.
pub(crate) fn holds<S: Strategy>(
    regressions: &'static str,
    cases: u32,
    strategy: &S,
    test: impl Fn(S::Value),
) {
    let mut config = Config::default();
    if config.rng_seed == RngSeed::Random {
        config.rng_seed = RngSeed::Fixed(RandomState::new().hash_one("a seed"));
    }
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct(regressions)));
    println!("PROPTEST_RNG_SEED={}", config.rng_seed);
    run(config, strategy, test);
}

/// Makes the same `cases` each time, for what is to be said of them all together.
pub(crate) fn for_each_of<S: Strategy>(cases: u32, strategy: &S, look: impl Fn(S::Value)) {
    let rng_seed = RngSeed::Fixed(1);
    run(
        Config {
            cases,
            rng_seed,
            failure_persistence: None,
            ..Config::default()
        },
        strategy,
        look,
    );
}

fn run<S: Strategy>(config: Config, strategy: &S, test: impl Fn(S::Value)) {
    let mut runner = TestRunner::new(config);
    let tested = runner.run(strategy, |value| {
        test(value);
        Ok::<(), TestCaseError>(())
    });
    if let Err(failure) = tested {
        panic!("{failure}");
    }
}
