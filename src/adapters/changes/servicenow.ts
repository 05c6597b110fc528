import * as z from 'zod';
import { ChangeSystemError, type ChangeSystem, type WrittenNote } from '../../activities/change-port.ts';
import type { ChangeAnswer } from '../../domain/change.ts';
import type { Asker } from './ask.ts';
import type { ServiceNowSettings } from './file.ts';

/** What a number looks like. It becomes part of an encoded query, in which ^ begins another condition. */
const NUMBER = /^[A-Za-z0-9]{1,40}$/;

/** With `sysparm_display_value=all` a field is both: what the database has, dates in UTC, and what people see, dates in the user's zone. */
const Field = z.object({ value: z.string().nullish(), display_value: z.string().nullish() });
const Row = z.record(
  z.string(),
  z.union([Field, z.string()]).transform((field) => (typeof field === 'string' ? { value: field } : field)),
);
type Row = z.infer<typeof Row>;
const Rows = z.object({ result: z.array(Row).max(50) });
/** The id of a record becomes part of an address. */
const SysId = z.string().regex(/^[0-9a-f]{32}$/);

const valueOf = (row: Row, field: string): string => row[field]?.value ?? '';
const labelOf = (row: Row, field: string): string => row[field]?.display_value || valueOf(row, field);

/** `2026-03-11 12:00:00`, UTC. */
function instantOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(text)) return undefined;
  const ms = Date.parse(`${text.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

/** In work notes, text between [code] tags is HTML: a reason must not become any. */
const plain = (text: string): string => text.replaceAll(/\[(\/?)code\]/gi, '($1code)');

const textOf = ({ lines, links, mark }: WrittenNote): string =>
  plain([...lines, ...links.map(({ label, url }) => `${label}: ${url}`), `[${mark}]`].join('\n'));

/** What says that a table has no such field. */
const NO_FIELD = 'none';

/** A field that its user may not read is not shown at all, and what is not shown is not "not on hold". */
function whyOnHold(row: Row, field: string): string[] {
  const onHold = valueOf(row, field);
  if (field === NO_FIELD || onHold === 'false') return [];
  return [
    onHold === 'true'
      ? 'it is on hold'
      : `whether it is on hold is not shown (${field}): let the user read that field, or write \`fields: { onHold: none }\` when the table has none`,
  ];
}

/** Judges a change request by its state, its approval and whether it is on hold. Both ends of its window must be there. */
function judge(row: Row, { fields, states, approvals }: ServiceNowSettings): ChangeAnswer {
  const [state, approval, contact] = [labelOf(row, fields.state), labelOf(row, fields.approval), labelOf(row, fields.contact)];
  const isAmong = (field: string, allowed: readonly string[]): boolean =>
    [valueOf(row, field), labelOf(row, field)].some((said) => said !== '' && allowed.includes(said));
  const [fromMs, untilMs] = [instantOf(valueOf(row, fields.start)), instantOf(valueOf(row, fields.end))];
  const against = [
    ...(isAmong(fields.state, states) ? [] : [`its state must be one of ${states.join(', ')}`]),
    ...(isAmong(fields.approval, approvals) ? [] : [`its approval is '${approval}', and must be one of ${approvals.join(', ')}`]),
    ...whyOnHold(row, fields.onHold),
    ...(fromMs === undefined || untilMs === undefined ? [`it has no planned start and end (${fields.start}, ${fields.end})`] : []),
  ];
  return {
    approved: against.length === 0,
    reason: against.join('; '),
    state,
    ...(fromMs !== undefined && untilMs !== undefined && { window: { fromMs, untilMs } }),
    ...(contact !== '' && { contact }),
  };
}

/**
 * ServiceNow's change requests, by its Table API: `GET /api/now/table/change_request`, notes by `PATCH` of `work_notes`.
 * An encoded query that ServiceNow does not understand is ignored and finds everything: what comes back must be the ticket that was asked for.
 * @see https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
 * @see https://www.servicenow.com/docs/r/it-service-management/change-management/c_ChangeStateModel.html what the states mean
 * @see https://support.servicenow.com/kb?id=kb_article_view&sysparm_article=KB0534905 values are in UTC, display values in the zone of the user
 */
export function createServiceNow(settings: ServiceNowSettings, asker: Asker): ChangeSystem {
  const { url, table, fields } = settings;
  const base = `${url}/api/now/table/${table}`;

  async function find(ticket: string, wanted: string[], signal: AbortSignal): Promise<Row> {
    if (!NUMBER.test(ticket)) throw new ChangeSystemError(`'${ticket}' is no number of a change request: letters and digits only`, false);
    const query = new URLSearchParams({
      sysparm_query: `number=${ticket}`,
      sysparm_fields: ['sys_id', 'number', ...wanted].join(','),
      sysparm_display_value: 'all',
      sysparm_exclude_reference_link: 'true',
      sysparm_limit: '2',
    });
    const { result } = await asker.ask({ method: 'GET', url: `${base}?${query.toString()}` }, Rows, signal);
    const [row, another] = result;
    if (!row || another || valueOf(row, 'number') !== ticket)
      throw new ChangeSystemError(`ServiceNow does not show exactly one ${ticket} to its user`, false);
    return row;
  }

  return {
    name: `servicenow at ${new URL(url).host}`,
    async check({ ticket }, signal) {
      const { state, approval, start, end, onHold, contact } = fields;
      const wanted = [state, approval, start, end, onHold, contact].filter((field) => field !== NO_FIELD);
      return judge(await find(ticket, wanted, signal), settings);
    },
    async note(note, signal) {
      const row = await find(note.ticket, [fields.notes], signal);
      if (labelOf(row, fields.notes).includes(note.mark)) return `${note.ticket} has this note already`;
      const id = SysId.parse(valueOf(row, 'sys_id'));
      // Without a list of fields it would answer with the whole record.
      await asker.tell({ method: 'PATCH', url: `${base}/${id}?sysparm_fields=number`, json: { [fields.notes]: textOf(note) } }, signal);
      return `written into the ${fields.notes} of ${note.ticket}`;
    },
    async reach(signal) {
      await asker.ask({ method: 'GET', url: `${base}?sysparm_fields=number&sysparm_limit=1&sysparm_display_value=all` }, Rows, signal);
      return `table ${table} can be read`;
    },
  };
}
