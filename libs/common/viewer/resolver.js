// Reads an OpenAPI document of ours, and puts in place of each reference what it names.
//
// The resolver that the viewer comes with visits a schema anew wherever something refers to it, which took two thirds
// of the time in which the document of sla opens. This one visits each object once; all who refer to it share it.

export default async function resolve(source) {
  const answer = await fetch(source);
  const document = await answer.json();
  if (!answer.ok) {
    throw new Error(document.detail ?? document.title);
  }
  return new References(document).resolve();
}

class References {
  constructor(document) {
    this.document = document;
    this.targets = new Map();
    this.visited = new Set();
  }

  resolve() {
    return this.visit(this.document);
  }

  visit(value) {
    if (value === null || typeof value !== "object") {
      return value;
    }
    if (typeof value.$ref === "string" && value.$ref.startsWith("#/components/")) {
      return this.follow(value);
    }
    if (!this.visited.has(value)) {
      this.visited.add(value);
      for (const key of Object.keys(value)) {
        value[key] = this.visit(value[key]);
      }
    }
    return value;
  }

  follow({ $ref, ...additions }) {
    if (!this.targets.has($ref)) {
      const name = $ref.split("/").at(-1);
      this.targets.set($ref, { circularReference: { $ref, name, id: name } }); // what a schema inside itself shows
      this.targets.set($ref, { title: name, ...this.visit(this.find($ref)) });
    }
    return { ...this.targets.get($ref), ...additions };
  }

  find($ref) {
    return $ref.split("/").slice(1).reduce((part, key) => part[key], this.document);
  }
}
