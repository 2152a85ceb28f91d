/** The version of tailhook that this page was built for; empty in a build without Cargo. */
declare const __VERSION__: string;
