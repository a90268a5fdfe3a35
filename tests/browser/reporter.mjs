// One line a test, the whole reason for each that failed, and at the end how many passed.

import { basename } from 'node:path';

const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

export default async function* reporter(events) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  const failures = [];
  for await (const { type, data } of events) {
    // A file is a test to the runner; only what it holds counts, unless it failed before it held anything.
    const isFile = data?.nesting === 0 && data.file && data.name === data.file;
    switch (type) {
      case 'test:pass':
        if (isFile || data.details?.type === 'suite') break;
        if (data.skip !== undefined) {
          skipped += 1;
          yield `  skipped  ${data.name}\n`;
        } else {
          passed += 1;
          yield `  passed   ${data.name} (${seconds(data.details.duration_ms)})\n`;
        }
        break;
      case 'test:fail':
        if (data.details?.type === 'suite') break;
        failed += 1;
        failures.push(data);
        yield `  FAILED   ${data.name} (${seconds(data.details.duration_ms)})\n`;
        break;
      case 'test:diagnostic':
        if (data.nesting > 0 || !/^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(data.message)) {
          yield `           ${data.message}\n`;
        }
        break;
      case 'test:stderr':
      case 'test:stdout':
        yield data.message;
        break;
    }
  }
  for (const { name, file, details } of failures) {
    const cause = details.error?.cause ?? details.error;
    yield `\nFAILED: ${name}${file ? ` (${basename(file)})` : ''}\n${cause?.stack ?? cause}\n`;
  }
  yield `\n${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`;
}
