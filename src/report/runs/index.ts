export { renderRunsCsv } from './csv.ts';
export { renderRunsHtml } from './html.ts';
export { renderRunsJson, RUNS_REPORT_FORMAT } from './json.ts';
export { renderRunsMarkdown } from './markdown.ts';
export { MEASURED_KINDS } from './measures.ts';
export { buildRunsReport, type RunsReport, type Scope } from './model.ts';
