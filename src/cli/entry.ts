/** What the launcher asks of the bundle. */
export { main } from "./main.ts";
