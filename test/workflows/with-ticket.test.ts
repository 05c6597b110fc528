import type { ChangeDecision } from '../../src/domain/change.ts';
import { withTicket } from '../../src/workflows/ticket.ts';

const change: ChangeDecision = { allowed: true, reason: 'it allows it', system: 'servicenow at s', atMs: 1, ticket: 'CHG1' };

test('a run that was asked for its ticket is let through by no gate that says nothing of it', () => {
  expect(withTicket({ change }, { open: true })).toMatchObject({
    ...{ open: false, rule: 'change-control' },
    reason: expect.stringMatching(/asks about no ticket.*BREAKWATER_CHANGE_CONTROL/) as string,
  });
  expect(withTicket({ change }, { open: true, change })).toEqual({ open: true, change });
  expect(withTicket({}, { open: true })).toEqual({ open: true });
  expect(withTicket({ change }, { open: false, rule: 'halt', reason: 'drill' })).toEqual({ open: false, rule: 'halt', reason: 'drill' });
});
