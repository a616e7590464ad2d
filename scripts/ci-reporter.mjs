/** Names the tests that needed a second try, and prints the line that CI reads: `N passed, N failed, N skipped`. */
export default class CountReporter {
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state in counts ? state : "failed"] += 1;
        if (test.diagnostic()?.flaky) process.stdout.write(`passed on the second try: ${test.fullName}\n`);
      }
      if (module.state() === "failed" && module.errors().length > 0) counts.failed += 1;
    }
    process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}
