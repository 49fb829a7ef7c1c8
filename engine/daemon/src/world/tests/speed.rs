//! How long the tests of the shipped workflows take (测试用时).

use std::sync::Arc;
use std::time::Instant;

use super::*;

#[test]
#[ignore = "measures"]
fn speed() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("workflows");
    let plugins = plugins();
    let catalog: Arc<Catalog> = Arc::new(plugins.catalog());
    let config = Config::default();
    let candidate = Candidate::read(&dir, &catalog, &config).ok().unwrap();
    let runtime =
        candidate.runtime((ReleaseId(0), 0), &plugins, &config, "test").unwrap();
    let runtime = Arc::new(runtime);
    for _ in 0..5 {
        let begun = Instant::now();
        let results = run_all(&runtime, &plugins, ZONE);
        let passed = results.iter().filter(|it| it.passed()).count();
        eprintln!("{passed} of {} in {:?}", results.len(), begun.elapsed());
    }
    for it in run_all(&runtime, &plugins, ZONE).iter().filter(|it| !it.passed()) {
        eprintln!("{}", it.render());
    }
}
