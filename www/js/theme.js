// Gives Bootstrap the system's colours. It is loaded in the head, before the page is painted, so
// that no page starts in the other theme.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  dark.addEventListener("change", follow);
  follow();
}
