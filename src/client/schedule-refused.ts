/** A schedule that cannot be: the message says what to write instead. */
export class ScheduleRefused extends Error {
  override readonly name = 'ScheduleRefused';
}
