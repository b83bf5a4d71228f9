/** The page of a report: one HTML file that asks for nothing else. */
import { printPage, script, style } from "../generated/report-page.js";
import type { ReportModel } from "./model.ts";

/** All is forbidden but the page's own stylesheet and script, by their digests. */
const policy = [
  "default-src 'none'",
  `style-src '${style.digest}'`,
  `script-src '${script.digest}'`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The same bytes for the same model. Ends with a line end. */
export const reportPage = (model: ReportModel): string =>
  printPage({ ...model, policy, style: style.text, script: script.text });
