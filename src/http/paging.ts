import * as z from 'zod';
import { isRunId } from '../domain/start.ts';
import { HttpError } from './problem.ts';

const Cursor = z.strictObject({ v: z.literal(1), after: z.string().refine(isRunId) });
const WRONG = 'cursor: it is none that this API gave you; begin without it';

/** A place in a list that the caller hands back unread. */
export const cursorAfter = (workflowId: string): string => Buffer.from(JSON.stringify({ v: 1, after: workflowId })).toString('base64url');

/** @throws HttpError (400) */
export function readCursor(text: string): string {
  try {
    return Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString())).after;
  } catch {
    throw wrongCursor();
  }
}

/** Also said of a cursor that names a run that is not the caller's business. */
export const wrongCursor = (): HttpError => new HttpError(400, WRONG);
