import Patients
import Testing

@Test(
  "What would control a terminal or turn a text is a mark",
  arguments: [
    "\u{1b}", "\n", "\r", "\t", "\0", "\u{7f}", "\u{9b}", "\u{202e}", "\u{2066}", "\u{200b}",
    "\u{2028}",
  ])
func invisible(_ text: String) {
  #expect("a\(text)b".visible == "a\u{fffd}b")
}

@Test func whatPeopleWriteStaysAsItIs() {
  for text in ["", "drugY", "Müller & Søn 1.0", "μ-σ ≤ 3", "薬 \u{1F48A}", "e\u{301}"] {
    #expect(text.visible == text)
  }
}
