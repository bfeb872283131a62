// The plain console: devices and live records over the API that everyone has. Without a build step.
"use strict";

const TEXTS = {
  en: {
    username: "User", password: "Password", signIn: "Sign in", signOut: "Sign out", devices: "Devices", records: "Records",
    name: "Name", serial: "Serial", status: "Status", persons: "People (held / due)", seen: "Last seen",
    approve: "Approve", open: "Open door", noDevices: "No device has come yet.", noRecords: "Nobody has passed yet.",
    live: "live", lost: "connecting…", wrong: "Wrong user or password.", nobody: "unknown person", failed: "refused: ",
    pending: "pending", online: "online", offline: "offline", disabled: "disabled", granted: "granted", denied: "denied",
    stranger: "stranger", expired: "expired", out_of_schedule: "out of schedule", blocked: "blocked",
    not_authorised: "not authorised", late: "delivered late",
  },
  zh: {
    username: "用户名", password: "密码", signIn: "登录", signOut: "退出", devices: "设备", records: "通行记录",
    name: "名称", serial: "序列号", status: "状态", persons: "人员（已下发／应有）", seen: "最近在线",
    approve: "批准", open: "开门", noDevices: "还没有设备接入。", noRecords: "还没有人通行。",
    live: "实时", lost: "正在连接…", wrong: "用户名或密码错误。", nobody: "未知人员", failed: "被拒绝：",
    pending: "待批准", online: "在线", offline: "离线", disabled: "已停用", granted: "通过", denied: "拒绝",
    stranger: "陌生人", expired: "已过期", out_of_schedule: "不在时段内", blocked: "黑名单",
    not_authorised: "未授权", late: "补传",
  },
};
const SHOWN_RECORDS = 60;
const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const say = (key) => TEXTS[language][key] ?? key;
const find = (id) => document.getElementById(id);

let csrf = { header: "X-CSRF-Token", token: "" };
let stream = null;
const deviceNames = new Map();

async function call(method, path, body) {
  const headers = { [csrf.header]: csrf.token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  if (answer.status === 401 && path !== "/session") signedOut();
  const text = await answer.text();
  const value = text ? JSON.parse(text) : null;
  if (!answer.ok) throw new Error(value?.detail ?? value?.title ?? answer.statusText);
  return value;
}

function element(tag, text, className) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

const moment = (instant) => (instant ? new Date(instant).toLocaleString(navigator.language) : "–");

function button(text, action) {
  const made = element("button", text);
  made.type = "button";
  made.addEventListener("click", async () => {
    made.disabled = true;
    find("device-problem").textContent = "";
    try {
      await action();
    } catch (problem) {
      find("device-problem").textContent = say("failed") + problem.message;
    }
    made.disabled = false;
  });
  return made;
}

function deviceRow(device) {
  const row = element("tr");
  const actions = element("td");
  if (device.status === "pending") {
    actions.append(button(say("approve"), () => call("POST", `/devices/${device.id}/approve`, {}).then(showDevices)));
  } else if (device.status === "online") {
    actions.append(button(say("open"), () => call("POST", `/devices/${device.id}/commands`, { kind: "open_door" })));
  }
  row.append(element("td", device.name || device.serial), element("td", `${device.dialect} ${device.serial}`),
    element("td", say(device.status), device.status), element("td", `${device.persons_applied} / ${device.persons_wanted}`),
    element("td", moment(device.last_seen_at)), actions);
  return row;
}

async function showDevices() {
  const { items } = await call("GET", "/devices?limit=200");
  for (const device of items) deviceNames.set(device.id, device.name || device.serial);
  find("devices").replaceChildren(...items.map(deviceRow));
  find("no-devices").hidden = items.length > 0;
}

function picture(url) {
  if (!url) return element("span", undefined, "none");
  const made = element("img");
  made.src = url;
  made.alt = "";
  made.loading = "lazy";
  return made;
}

function recordItem(record) {
  const item = element("li");
  item.dataset.id = record.id;
  const words = element("div");
  words.append(element("strong", record.person_name || say("nobody")), element("span", say(record.result), record.result),
    element("small", `${deviceNames.get(record.device_id) ?? ""} · ${record.method}${record.late ? ` · ${say("late")}` : ""}`),
    element("small", moment(record.occurred_at)));
  item.append(picture(record.photo_url), picture(record.registered_photo_url), words);
  return item;
}

function addRecord(record) {
  const list = find("records");
  if ([...list.children].some((item) => item.dataset.id === record.id)) return;
  list.prepend(recordItem(record));
  while (list.children.length > SHOWN_RECORDS) list.lastElementChild.remove();
  find("no-records").hidden = true;
}

async function showRecords() {
  const { items } = await call("GET", `/records?limit=${SHOWN_RECORDS}`);
  find("records").replaceChildren(...items.map(recordItem));
  find("no-records").hidden = items.length > 0;
}

// What changes in bursts is fetched once when the burst is over.
let refresh = 0;
function devicesSoon() {
  clearTimeout(refresh);
  refresh = setTimeout(() => showDevices().catch(() => {}), 300);
}

function listen() {
  stream?.close();
  stream = new EventSource("/api/v1/events");
  const live = (on) => {
    find("live").textContent = say(on ? "live" : "lost");
    find("live").className = on ? "on" : "";
  };
  stream.onopen = () => {
    live(true);
    showDevices().catch(() => {});
    showRecords().catch(() => {});
  };
  stream.onerror = () => live(false);
  stream.addEventListener("record.created", (event) => addRecord(JSON.parse(event.data)));
  for (const name of ["device.status", "device.pending", "roster.updated"]) stream.addEventListener(name, devicesSoon);
  stream.addEventListener("gap", () => showRecords().catch(() => {}));
}

function signedIn(session) {
  csrf = { header: session.csrf_header, token: session.csrf_token };
  find("sign-in").hidden = true;
  find("overview").hidden = find("sign-out").hidden = false;
  listen();
}

function signedOut() {
  stream?.close();
  find("live").textContent = "";
  find("sign-in").hidden = false;
  find("overview").hidden = find("sign-out").hidden = true;
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("sign-in-problem").textContent = "";
  const { username, password } = Object.fromEntries(new FormData(event.target));
  try {
    signedIn(await call("POST", "/session", { username, password }));
    event.target.reset();
  } catch {
    find("sign-in-problem").textContent = say("wrong");
  }
});
find("sign-out").addEventListener("click", () => call("DELETE", "/session").finally(signedOut));

document.documentElement.lang = language;
for (const made of document.querySelectorAll("[data-say]")) made.textContent = say(made.dataset.say);
find("sign-out").textContent = say("signOut");
call("GET", "/session").then(signedIn, signedOut);
