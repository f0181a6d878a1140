/** What was found in certificates, as people read it: the verdict first, so that a repair is not taken for a fault. */
import type { Finding } from '../errors.ts';
import type { Text } from './print.ts';

/** One line: verdict, the machine and setting it concerns, and what was found. */
export function verdict({ severity, machine, pointer, detail }: Finding): Text {
  const word = severity ?? 'refused';
  const place = machine === undefined ? '' : `${[machine, pointer].filter((part) => part !== undefined).join(' ')}: `;
  return [
    { text: `${word}: `, tone: word === 'repaired' ? 'good' : word === 'warning' ? 'warn' : 'bad' },
    place,
    detail,
  ];
}
