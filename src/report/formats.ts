/** What a report can be written as. */
export const REPORT_FORMATS = ['html', 'markdown', 'json', 'junit', 'csv'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];
