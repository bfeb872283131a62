// The plain console: devices and live records over the API that everyone has. Without a build step.
"use strict";

const TEXTS = {
  en: {
    username: "User", password: "Password", signIn: "Sign in", signOut: "Sign out", devices: "Devices", records: "Records",
    name: "Name", serial: "Serial", status: "Status", persons: "People (held / due)", seen: "Last seen",
    approve: "Approve", open: "Open door", noDevices: "No device has come yet.", noRecords: "Nobody has passed yet.",
    live: "live", lost: "connecting…", wrong: "Wrong user or password.", ended: "You were signed out.", nobody: "unknown person", failed: "refused: ",
    pending: "pending", online: "online", offline: "offline", disabled: "disabled", granted: "granted", denied: "denied",
    stranger: "stranger", expired: "expired", out_of_schedule: "out of schedule", blocked: "blocked",
    not_authorised: "not authorised", late: "delivered late", unreachable: "The hub does not answer.",
    face: "face", ic_card: "IC card", rf_card: "RF card", wiegand: "Wiegand", id_card: "ID card", qr: "QR code", pin: "PIN",
    remote: "remote", face_and_card: "face and card", face_and_id_card: "face and ID card", unknown: "unknown means",
    open_door: "open door", queued: "queued", sent: "sent", done: "done", superseded: "superseded", "command failed": "failed",
  },
  zh: {
    username: "用户名", password: "密码", signIn: "登录", signOut: "退出", devices: "设备", records: "通行记录",
    name: "名称", serial: "序列号", status: "状态", persons: "人员（已下发／应有）", seen: "最近在线",
    approve: "批准", open: "开门", noDevices: "还没有设备接入。", noRecords: "还没有人通行。",
    live: "实时", lost: "正在连接…", wrong: "用户名或密码错误。", ended: "登录已失效，请重新登录。", nobody: "未知人员", failed: "被拒绝：",
    pending: "待批准", online: "在线", offline: "离线", disabled: "已停用", granted: "通过", denied: "拒绝",
    stranger: "陌生人", expired: "已过期", out_of_schedule: "不在时段内", blocked: "黑名单",
    not_authorised: "未授权", late: "补传", unreachable: "平台无响应。",
    face: "人脸", ic_card: "IC 卡", rf_card: "RF 卡", wiegand: "韦根", id_card: "身份证", qr: "二维码", pin: "密码",
    remote: "远程", face_and_card: "人脸+卡", face_and_id_card: "人证", unknown: "未知方式",
    open_door: "开门", queued: "排队中", sent: "已下发", done: "已完成", superseded: "已取代", "command failed": "失败",
  },
};
const SHOWN_RECORDS = 60;
const language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
const say = (key) => TEXTS[language][key] ?? key;
const find = (id) => document.getElementById(id);

let csrf = { header: "X-CSRF-Token", token: "" };
let stream = null;
let mayChange = false;
const deviceNames = new Map();
const deviceRows = new Map();

async function call(method, path, body) {
  const headers = { [csrf.header]: csrf.token };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
    .catch(() => { throw new Error(say("unreachable")); });
  if (answer.status === 401 && path !== "/session") signedOut(say("ended"));
  const value = await answer.json().catch(() => null);
  if (!answer.ok) {
    throw Object.assign(new Error(value?.detail ?? value?.title ?? `HTTP ${answer.status}`), { status: answer.status });
  }
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
    if (made.isConnected && document.activeElement === document.body) made.focus();
  });
  return made;
}

// A row stays the same element while its device is listed, so that a button keeps the focus over news.
function deviceRow(device) {
  const row = deviceRows.get(device.id) ?? element("tr");
  if (!row.cells.length) {
    row.append(...Array.from({ length: 6 }, () => element("td")));
    row.cells[0].append(element("span", "", "clamped"));
  }
  const texts = [device.name || device.serial, `${device.dialect} ${device.serial}`, say(device.status),
    `${device.persons_applied} / ${device.persons_wanted}`, moment(device.last_seen_at)];
  texts.forEach((text, column) => { (row.cells[column].querySelector("span") ?? row.cells[column]).textContent = text; });
  row.cells[0].title = texts[0];
  row.cells[2].className = device.status;
  if (row.dataset.status !== device.status) {
    row.dataset.status = device.status;
    row.cells[5].replaceChildren(...actions(device));
  }
  return row;
}

function actions(device) {
  const path = `/devices/${device.id}`;
  if (!mayChange) return [];
  if (device.status === "pending") return [button(say("approve"), () => call("POST", `${path}/approve`, {}).then(showDevices))];
  if (device.status === "online") return [button(say("open"), () => call("POST", `${path}/commands`, { kind: "open_door" }))];
  return [];
}

async function showDevices() {
  const items = [];
  for (let cursor = ""; cursor != null;) {
    const page = await call("GET", `/devices?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  if (!stream) return;
  const rows = items.map(deviceRow);
  deviceNames.clear();
  deviceRows.clear();
  items.forEach((device, place) => {
    deviceNames.set(device.id, device.name || device.serial);
    deviceRows.set(device.id, rows[place]);
  });
  const list = find("devices");
  if (rows.length !== list.children.length || rows.some((row, place) => row !== list.children[place])) list.replaceChildren(...rows);
  find("no-devices").hidden = items.length > 0;
}

function picture(url) {
  if (!url) return element("span", undefined, "none");
  const made = element("img");
  made.src = url;
  made.alt = "";
  made.loading = "lazy";
  made.addEventListener("error", () => made.replaceWith(picture(null)), { once: true });
  return made;
}

function recordItem(record) {
  const item = element("li");
  item.dataset.id = record.id;
  const words = element("div");
  const about = [deviceNames.get(record.device_id), say(record.method), record.late && say("late")].filter(Boolean).join(" · ");
  words.append(element("strong", record.person_name || say("nobody")), element("span", say(record.result), record.result),
    element("small", about), element("small", moment(record.occurred_at)));
  if (record.temperature != null) {
    words.append(element("small", `${record.temperature.toFixed(1)} °C`, record.temperature_alarm === "none" ? "" : "alarm"));
  }
  words.title = `${record.person_name ?? ""} · ${about}`;
  item.append(picture(record.photo_url), picture(record.registered_photo_url), words);
  return item;
}

function addRecord(record) {
  const list = find("records");
  if ([...list.children].some((item) => item.dataset.id === record.id)) return;
  const item = recordItem(record);
  item.className = "new";
  list.prepend(item);
  while (list.children.length > SHOWN_RECORDS) list.lastElementChild.remove();
  find("no-records").hidden = true;
}

async function showRecords() {
  const { items } = await call("GET", `/records?limit=${SHOWN_RECORDS}`);
  if (!stream) return;
  find("records").replaceChildren(...items.map(recordItem));
  find("no-records").hidden = items.length > 0;
}

// What changes in bursts is fetched at most once a second.
let refresh = 0;
function devicesSoon() {
  refresh ||= setTimeout(() => {
    refresh = 0;
    if (stream) showDevices().catch(() => {});
  }, 1000);
}

function commandNews({ device_id, kind, state }) {
  const words = say(state === "failed" ? "command failed" : state);
  find("device-news").textContent = `${deviceNames.get(device_id) ?? ""} · ${say(kind)} · ${words}`;
}

// A stream that was refused does not come back by itself: either the session has ended or the hub is busy.
function listenAgain() {
  call("GET", "/session").then(signedIn, (problem) => {
    if (problem.status === 401) signedOut(say("ended"));
    else if (stream) setTimeout(() => stream && listenAgain(), 5000);
  });
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
    showDevices().catch(() => {}).then(showRecords).catch(() => {});
  };
  stream.onerror = ({ target }) => {
    live(false);
    if (target === stream && target.readyState === EventSource.CLOSED) listenAgain();
  };
  stream.addEventListener("record.created", (event) => addRecord(JSON.parse(event.data)));
  for (const name of ["device.status", "device.pending", "roster.updated"]) stream.addEventListener(name, devicesSoon);
  stream.addEventListener("command.updated", (event) => commandNews(JSON.parse(event.data)));
  stream.addEventListener("gap", () => showRecords().catch(() => {}));
}

function signedIn(session) {
  csrf = { header: session.csrf_header, token: session.csrf_token };
  mayChange = session.user.role !== "viewer";
  find("sign-in").hidden = true;
  find("overview").hidden = find("sign-out").hidden = false;
  listen();
}

// Nothing of what was shown stays behind for the next one at this screen.
function signedOut(reason) {
  stream?.close();
  stream = null;
  deviceNames.clear();
  deviceRows.clear();
  for (const id of ["devices", "records", "live", "device-news", "device-problem"]) find(id).replaceChildren();
  find("sign-in-problem").textContent = reason ?? "";
  find("sign-in").hidden = false;
  find("overview").hidden = find("sign-out").hidden = true;
  find("sign-in").elements.username.focus();
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("sign-in-problem").textContent = "";
  const { username, password } = Object.fromEntries(new FormData(event.target));
  event.submitter.disabled = true;
  try {
    signedIn(await call("POST", "/session", { username, password }));
    event.target.reset();
  } catch (problem) {
    find("sign-in-problem").textContent = problem.status === 401 ? say("wrong") : problem.message;
    event.target.elements.password.select();
  }
  event.submitter.disabled = false;
});
find("sign-out").addEventListener("click", () => call("DELETE", "/session").then(() => signedOut(), (problem) => {
  find("device-problem").textContent = problem.message;
}));

document.documentElement.lang = language;
for (const made of document.querySelectorAll("[data-say]")) made.textContent = say(made.dataset.say);
find("sign-out").textContent = say("signOut");
call("GET", "/session").then(signedIn, (problem) => signedOut(problem.status === 401 ? "" : problem.message));
