import * as z from 'zod';
import { faults } from '../faults/index.ts';
import { providers } from '../probes/index.ts';
import { remedies } from '../remedies/index.ts';
import { targets } from '../targets/index.ts';

interface Entry {
  kind: string;
  schema: z.ZodType;
  doc: Record<string, string>;
}

interface JsonField {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonField[];
  /** A schema that is kept once, and named here. */
  allOf?: JsonField[];
  default?: unknown;
  description?: string;
  properties?: Record<string, JsonField>;
  required?: string[];
}

const rooms: [title: string, intro: string, entries: Entry[]][] = [
  ['Faults', 'What is done to a victim: `fault`, of the experiment or of a wave.', Object.values(faults)],
  ['Targets', 'What may be hit: `targets`, of the experiment or of a wave.', Object.values(targets)],
  ['Probes', 'How one number is measured: `probes.NAME.provider`, and `good` and `total` of an SLO.', Object.values(providers)],
  ['Remedies', 'How the system is repaired: `runbooks.NAME.steps[].remedy`.', Object.values(remedies)],
];

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ');

/** One word or a few for a field's type, as far as a table can tell. */
function typeOf(field: JsonField): string {
  if (field.const !== undefined) return `\`${JSON.stringify(field.const)}\``;
  if (field.enum) return field.enum.length > 8 ? 'one of a list' : field.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (field.anyOf) return [...new Set(field.anyOf.map(typeOf))].join(' or ');
  if (field.allOf) return 'object';
  return field.type ?? 'any';
}

function describeFields(schema: z.ZodType): string[] {
  const json = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', unrepresentable: 'any' }) as JsonField;
  const rows = Object.entries(json.properties ?? {})
    .filter(([name]) => name !== 'kind')
    .map(([name, field]) => {
      const presence = json.required?.includes(name)
        ? 'required'
        : field.default === undefined
          ? ''
          : `\`${JSON.stringify(field.default)}\``;
      return `| \`${name}\` | ${escapeCell(typeOf(field))} | ${escapeCell(presence)} | ${escapeCell(field.description ?? '')} |`;
    });
  return rows.length === 0 ? [] : ['', '| field | type | default | meaning |', '|---|---|---|---|', ...rows];
}

const describeEntry = ({ kind, schema, doc: { summary = '', ...notes } }: Entry): string[] => [
  '',
  `### \`${kind}\``,
  '',
  summary,
  ...Object.entries(notes).flatMap(([name, text]) => ['', `*${name}*: ${text}`]),
  ...describeFields(schema),
];

/** The catalogue in Markdown, made from the entries themselves: docs/catalogue.md. */
export function describeCatalogue(): string {
  const lines = rooms.flatMap(([title, intro, entries]) => ['', `## ${title}`, '', intro, ...entries.flatMap(describeEntry)]);
  return [
    '# The catalogue',
    '',
    'Made by `npm run docs:catalogue` from the entries themselves. Durations carry their unit: `200ms`, `3m`.',
    ...lines,
    '',
  ].join('\n');
}
