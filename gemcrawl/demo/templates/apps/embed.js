/* The one line that a municipality puts into its page. */
for (const place of document.querySelectorAll("[data-agenda]")) {
  const frame = document.createElement("iframe");
  frame.src = place.dataset.agenda; frame.title = "Afspraak maken"; frame.width = "100%"; frame.height = "900";
  place.append(frame);
}
