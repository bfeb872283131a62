// The API's own description, for people: every operation with its input and answers.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function typeOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.type === "array") return `[${typeOf(schema.items)}]`;
  if (schema.enum) return schema.enum.join(" | ");
  const any = schema.oneOf ?? schema.anyOf ?? schema.allOf;
  if (any) return any.map(typeOf).join(" | ");
  return [schema.type ?? "object"].flat().join(" | ");
}

function contentOf(part) {
  return Object.entries(part?.content ?? {}).map(([media, { schema }]) => `${media} ${typeOf(schema)}`).join(", ");
}

function row(...cells) {
  return element("tr", "", ...cells.map((cell) => element("td", cell)));
}

function operation(path, method, described) {
  const table = element("table", "", element("tbody"));
  const rows = table.firstElementChild;
  for (const parameter of described.parameters ?? []) {
    rows.append(row(`${parameter.in} ${parameter.name}`, typeOf(parameter.schema), parameter.description ?? ""));
  }
  if (described.requestBody) rows.append(row("body", contentOf(described.requestBody), described.requestBody.description ?? ""));
  for (const [status, answer] of Object.entries(described.responses ?? {})) {
    rows.append(row(status, contentOf(answer), answer.description ?? ""));
  }
  const about = element("p", described.description ?? described.summary ?? "");
  return element("details", "", element("summary", `${method.toUpperCase()} ${path}`), about, table);
}

function shape(name, schema) {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => row(key, typeOf(value), value.description ?? ""));
  const table = element("table", "", element("tbody", "", ...rows));
  return element("details", "", element("summary", name), element("p", schema.description ?? typeOf(schema)), table);
}

fetch("/api/openapi.json").then((answer) => answer.json()).then((api) => {
  document.getElementById("about").textContent = `${api.info.title} ${api.info.version}. ${api.info.description ?? ""}`;
  const groups = new Map();
  for (const [path, item] of Object.entries(api.paths)) {
    const group = path.replace("/api/v1", "").split("/")[1] ?? "";
    const found = METHODS.filter((method) => item[method]).map((method) => operation(path, method, item[method]));
    groups.set(group, [...(groups.get(group) ?? []), ...found]);
  }
  const operations = document.getElementById("operations");
  for (const [group, found] of groups) operations.append(element("h2", group), ...found);
  const shapes = Object.entries(api.components?.schemas ?? {}).map(([name, schema]) => shape(name, schema));
  operations.append(element("h2", "schemas"), ...shapes);
});
