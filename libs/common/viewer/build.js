// Builds OpenAPI Explorer with our resolver into one file, beside the licences of all that is in it.
// node build.js [directory]

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const OUTPUT = process.argv[2] ?? "../common/http/documentation/viewer_assets";
const RESOLVER = "openapi-resolver/dist/openapi-resolver.browser.js";

const { metafile } = await build({
  entryPoints: ["openapi-explorer"],
  outfile: join(OUTPUT, "openapi-explorer.js"),
  alias: { [RESOLVER]: "./resolver.js" },
  define: { global: "globalThis" },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  metafile: true,
});

const packages = new Set(
  Object.keys(metafile.inputs)
    .map((path) => path.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1])
    .filter(Boolean),
);
const licences = [...packages].sort().map((name) => {
  const directory = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"));
  const file = readdirSync(directory).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file ? readFileSync(join(directory, file), "utf8").trim() : "The package holds no text of its licence.";
  return `${name} ${version} (${license})\n\n${text}\n`;
});
writeFileSync(join(OUTPUT, "openapi-explorer.LICENSE"), licences.join(`\n${"-".repeat(80)}\n\n`));
