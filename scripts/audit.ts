import { createReadStream, existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { errorMeanings } from '#contracts/errors.ts';
import type { PersonId } from '#contracts/ids.ts';
import { layoutOf } from '#workstation/folder-layout.ts';
import { openQuestions, type Questions } from './audit/ask.ts';
import { describeFinding } from './audit/describe-finding.ts';
import { exportTrail } from './audit/export-trail.ts';
import { type Administrator, type OpenedTrail, withTrail } from './audit/open-trail.ts';
import { mostFindings, readHeads, verifyTrail } from './audit/verify-trail.ts';

const usage = `The audit trail of a workstation.

usage: npm run audit -- export --data <folder> --out <file>    write the trail to a new file; asks for an administrator's passphrase
       npm run audit -- verify <file> [--heads <file>]         find removed, added, moved or changed entries

The workstation must not be running for an export. Heads: npm run center -- audit-heads --device <id> > heads.jsonl
They also show entries that were cut off, and a trail that was written anew.
`;

/** What was typed cannot be done. */
class UsageError extends Error {}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  const message = error instanceof Error ? error.message : 'unknown failure';
  process.stderr.write(error instanceof UsageError ? `${message}\n\n${usage}` : `audit: ${message}\n`);
  process.exitCode = 2;
}

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      out: { type: 'string' },
      heads: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const [command, file] = positionals;
  if (values.help === true) process.stdout.write(usage);
  else if (command === 'verify' && file !== undefined) return await verify(file, values.heads);
  else if (command === 'export' && values.data !== undefined && values.out !== undefined) {
    return await write(values.data, values.out);
  } else throw new UsageError('Say what to do.');
  return 0;
}

/** 0: whole. 1: something was found. */
async function verify(file: string, headsFile: string | undefined): Promise<number> {
  const known = headsFile === undefined ? undefined : await readHeads(createReadStream(headsFile));
  const { device, entries, findings, heads } = await verifyTrail(createReadStream(file), known);
  for (const finding of findings) console.log(describeFinding(finding));
  if (findings.length === mostFindings) console.log('and perhaps more');
  const compared =
    headsFile === undefined ? 'not compared with the center' : `${heads} heads of the center compared`;
  console.log(`${entries} entries of workstation ${device ?? 'unknown'}, ${compared}`);
  if (findings.length === 0) console.log('the trail is whole');
  return findings.length === 0 ? 0 : 1;
}

async function write(data: string, out: string): Promise<number> {
  if (!existsSync(layoutOf(data).current)) {
    throw new UsageError(
      `No workstation is in ${data}. That of npm start is in data-local/workstation/records.`,
    );
  }
  const questions = openQuestions(process.stdin, process.stderr);
  const exported = await withTrail(data, administratorAt(questions), (opened) =>
    exportFor(opened, out),
  ).finally(() => questions.close());
  if (exported.ok) {
    console.log(`${exported.value} entries written to ${out}`);
    return 0;
  }
  console.error(`${exported.error.code}: ${errorMeanings[exported.error.code].technician}`);
  return 1;
}

/** The export is itself an entry, and the last one of the file. */
async function exportFor({ replica, identity, person }: OpenedTrail, out: string): Promise<number> {
  const exportedAt = Math.max(0, Date.now());
  await replica.transact((transaction) => {
    transaction.beginTrail(identity.device, exportedAt);
    transaction.audit({ at: exportedAt, person, action: 'audit.export', collection: null, record: null });
  });
  const { device, scope } = identity;
  return await exportTrail(replica.auditTrail, out, { device, scope, exportedAt });
}

function administratorAt(questions: Questions): Administrator {
  return {
    choose: async (people): Promise<PersonId> => {
      for (const [index, { name }] of people.entries()) console.error(`${index + 1}  ${name}`);
      const person = people[Number(await questions.ask('Who are you (number)? ')) - 1];
      if (person === undefined) throw new UsageError('There is nobody with this number.');
      return person.id;
    },
    passphrase: () => questions.askHidden('Passphrase (not shown): '),
  };
}
