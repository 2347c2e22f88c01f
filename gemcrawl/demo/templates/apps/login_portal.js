/* Nothing is shown without a session, and the session takes a POST. */
fetch("/start/sessie", { method: "POST", body: "{}" }).then((answer) => answer.json()).then((session) => {
  document.getElementById("root").replaceChildren(element("h1", {}, "Afspraak maken"), build(session.fields, "Verder"));
});
