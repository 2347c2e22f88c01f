/* Logs in by POST before it shows anything; tells its statistics by beacon. */
ask("/client/appsettings.json").then(async (settings) => {
  navigator.sendBeacon("/client/meting", "start");
  const answer = await fetch(settings.api + "/warp/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
  const token = (await answer.json()).token;
  const found = await fetch(settings.api + "/proxy/warp/activity/listforappointment", { headers: { Authorization: token } });
  await wait(Number(document.body.dataset.late));
  document.body.replaceChildren(element("main", {}, element("h1", {}, "Activiteiten"), build((await found.json()).fields, "Ga verder naar stap 2")));
}).catch(() => { document.body.textContent = "Er is iets misgegaan."; });
