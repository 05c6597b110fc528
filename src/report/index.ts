export { answer, type Answer } from './answer.ts';
export { csvPieces } from './csv.ts';
export { renderHtml } from './html.ts';
export { jsonPieces, REPORT_FORMAT } from './json.ts';
export { renderJunit } from './junit.ts';
export { limitsOf, type Limit } from './limits.ts';
export { renderMarkdown } from './markdown.ts';
export { buildReport, type RunReport } from './model.ts';
