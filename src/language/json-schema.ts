import * as z from 'zod';
import { Duration, formatDuration, QuantityText, Ratio } from '../domain/units.ts';

const metaOf = (schema: z.ZodType): Record<string, unknown> => z.globalRegistry.get(schema) ?? {};

/** Examples of the texts that are parsed to numbers, by the pattern that tells which they are. */
const examplesOf = new Map([Duration, Ratio, QuantityText].map((schema) => [metaOf(schema)['pattern'], metaOf(schema)['examples']]));

/**
 * What an editor may be told of a file: JSON Schema (draft 7: what they all understand) of what is written, not of what is parsed.
 * It says less than the schema itself: what is checked by code, such as zones, recurrences and names that are there twice, is not in it.
 */
export const editorJsonSchema = (schema: z.ZodType): object =>
  z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    // Of what is parsed to another type zod leaves out examples, and the default, because the one that it knows is the parsed one.
    override: ({ zodSchema, jsonSchema }) => {
      const examples = examplesOf.get(jsonSchema.pattern);
      if (!examples) return;
      const { def } = zodSchema._zod;
      const isDuration = jsonSchema.pattern === metaOf(Duration)['pattern'];
      if (isDuration && def.type === 'default' && typeof def.defaultValue === 'number')
        jsonSchema.default = formatDuration(def.defaultValue);
      jsonSchema.examples = examples as unknown[];
    },
  });
