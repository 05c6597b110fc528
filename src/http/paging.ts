import * as z from 'zod';
import { isRunId } from '../domain/start.ts';
import { HttpError } from './problem.ts';

const Cursor = z.strictObject({ v: z.literal(1), after: z.string().min(1).max(1_000) });
const WRONG = 'cursor: it is none that this API gave you; begin without it';

/** A place in a list that the caller hands back unread. */
export const cursorAfter = (place: string): string => Buffer.from(JSON.stringify({ v: 1, after: place })).toString('base64url');

/** @param isPlace what may stand there: the id of a run, unless said otherwise @throws HttpError (400) */
export function readCursor(text: string, isPlace: (place: string) => boolean = isRunId): string {
  try {
    const { after } = Cursor.parse(JSON.parse(Buffer.from(text, 'base64url').toString()));
    if (isPlace(after)) return after;
  } catch {
    // neither base64 nor ours: the same to whoever sent it
  }
  throw wrongCursor();
}

/** Also said of a cursor that names a run that is not the caller's business. */
export const wrongCursor = (): HttpError => new HttpError(400, WRONG);
