/** A file's text, embedded by the bundler and by vitest alike (`import text from "./x.json?raw"`). */
declare module "*?raw" {
  const text: string;
  export default text;
}
