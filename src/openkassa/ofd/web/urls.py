"""Addresses of the operator: documents, buyers' pages, staff pages."""

from django.urls import include, path, register_converter

from openkassa.ofd.web import account, documents, public, staff


class FnConverter:
    """Number of a fiscal storage: 16 digits."""

    regex = r"[0-9]{16}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class FdConverter:
    regex = r"[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


register_converter(FnConverter, "fn")
register_converter(FdConverter, "fd")

urlpatterns = [
    path("", include("openkassa.ui.urls")),
    path("", public.landing, name="landing"),
    path("receipt/<fn:fn>/<fd:fd>/<str:fp>", public.receipt, name="receipt"),
    path("receipt/<fn:fn>/<fd:fd>/<str:fp>/pdf", public.receipt_pdf, name="receipt-pdf"),
    path("receipt/<fn:fn>/<fd:fd>/<str:fp>/png", public.receipt_png, name="receipt-png"),
    path("documents/<fn:fn>/<fd:fd>", documents.document_json, name="document-json"),
    path("documents/<fn:fn>/<fd:fd>.bin", documents.document_bytes, name="document-bytes"),
    path("login", account.sign_in, name="login"),
    path("logout", account.sign_out, name="logout"),
    path("registers", staff.registers, name="registers"),
    path("registers/<fn:fn>", staff.register, name="register"),
    path("registers/<fn:fn>/shifts/<fd:number>", staff.shift, name="shift"),
    path("archive", staff.archive, name="archive"),
    path("archive/<fn:fn>/<fd:fd>", staff.document, name="archive-document"),
]
