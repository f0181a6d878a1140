/** What an authority sent back, matched to the key it is for and bound in the author's draft. */
import { readAnswer } from '../pki/answer.ts';
import { bind } from './bind.ts';
import { checkLevel } from './bound.ts';
import type { Answering, CertificateDeps } from './contract.ts';
import { drafted } from './drafted.ts';
import { match } from './match.ts';
import { bindings } from './view.ts';

export function answering({ config, pki, requests }: CertificateDeps): Answering {
  return {
    async answer(author, level, name, { files, check = false }) {
      const read = readAnswer(files.map((file) => Buffer.from(file, 'base64')));
      const mine = await drafted(config, author);
      checkLevel(mine, level);
      const head = await config.configuration((await config.head()).number);
      const demonstration = await pki.demonstration('');
      const bound = [mine, head]
        .flatMap((one) => bindings(one, demonstration))
        .map((one) => ({ level: one.level, name: one.name, key: one.binding.key }));
      const key = match(read.certificates, { level, name, holders: [...bound, ...(await requests.list())] });
      const answered = await requests.answer(key, read.certificates, check);
      const issued = { ...answered, findings: [...read.findings, ...answered.findings] };
      return bind({ config, pki }, { author, level, name, issued, check });
    },
  };
}
