#!/usr/bin/env node
/** `signetd`: what it was asked for, and how it says what keeps it from that. */
import { isNamed } from '../errors.ts';
import { packageVersion } from '../schema/version.ts';
import { parseOptions, usage } from './options.ts';

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), process.env);
  if (options === 'help') process.stdout.write(usage);
  else if (options === 'version') process.stdout.write(`${packageVersion()}\n`);
  else {
    // Only now, as it takes a second to load.
    const { run } = await import('./run.ts');
    await run(options);
  }
}

try {
  await main();
} catch (error) {
  if (!isNamed(error)) throw error;
  process.stderr.write(`signetd: ${error.message}\n`);
  process.exitCode = error.code === 'invalid-input' ? 2 : 1;
}
