import * as z from 'zod';
import { ExperimentDocument } from '../language/experiment.ts';
import { editorJsonSchema } from '../language/json-schema.ts';
import { ExperimentPath, ScheduleDocument } from './schema.ts';

/** One that is in the schedule itself is read as any other, once the schedule around it is known to be one. */
const experiment = z.union([ExperimentPath, ExperimentDocument]).describe(ScheduleDocument.shape.experiment.description ?? '');

/** JSON Schema of a schedule file, for editors. */
export const scheduleJsonSchema = (): object => editorJsonSchema(ScheduleDocument.extend({ experiment }));
