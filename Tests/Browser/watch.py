"""An eye on what no page may do."""


def watch(page, origin):
    """The page's faults, in a list that grows: errors, broken policies and foreign requests."""
    faults = []

    def read(message):
        if message.type in ("error", "warning"):
            faults.append(message.text)

    def follow(request):
        if not request.url.startswith((f"{origin}/", "data:")):
            faults.append(f"asked {request.url}")

    page.on("console", read)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", follow)
    return faults
