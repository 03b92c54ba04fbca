// Counts tokens (o200k): a JSON array of texts on stdin, the array of their counts on stdout.

import { readFileSync } from 'node:fs';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';

const texts = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(`${JSON.stringify(texts.map((text) => countTokens(text)))}\n`);
