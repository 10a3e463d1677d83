"""The fixed words of the dossier, in English; the catalogue holds the other languages."""

from regularize.i18n import marked as _

VERDICTS = {
    "met": _("within"),
    "not_met": _("outside"),
    "not_assessed": _("not assessed"),
}
OBJECTS = {
    "building": _("Building"),
    "building_register": _("Building, by the register"),
    "building_survey": _("Building, by the survey"),
    "plot": _("Plot as occupied"),
}
STEP_STATES = {
    "done": _("done"),
    "current": _("under way"),
    "due": _("due then"),
    "later": _("later"),
    "overdue": _("overdue"),
}

FIXED = {
    "title": _("Dossier of a home"),
    "subtitle": _("Facts, findings and state of the procedure"),
    "candidate": _(
        "Everything in this dossier is a candidate until a person decides. "
        "Not being in the cadastre says nothing about rights to the home or about its lawfulness."
    ),
    "identification": _("Identification"),
    "situation": _("Situation"),
    "location": _("Location"),
    "scale": _("Scale"),
    "no_geometry": _("No outline of this home is known, so no map is drawn."),
    "sources": _("Sources"),
    "findings": _("Findings"),
    "no_findings": _("No finding concerns this home."),
    "reasons": _("Reasons"),
    "areas": _("Areas by register and by survey"),
    "no_areas": _("No area is known."),
    "areas_note": _(
        "Areas in m². Within or outside is said of the tolerance, and only where the difference is "
        "clear of twice its standard deviation."
    ),
    "parcels": _("Parcels that hold the home"),
    "no_parcels": _("No parcel of the cadastre holds this home."),
    "adjoining": _("Adjoining parcels"),
    "land": _("Land beneath the home"),
    "boundary": _("Coordinates of the boundary points"),
    "boundary_note": _(
        "Coordinates in metres, N before E, in {crs}. The side runs to the next point; σ is the standard "
        "deviation of a point."
    ),
    "case": _("State of the procedure"),
    "no_case": _("No case is open for this home."),
    "deadlines": _("Deadlines"),
    "ways": _("Ways to regularisation"),
    "no_ways": _("No way was assessed: the rules of the country name none."),
    "way": _("Way"),
    "in_the_way": _("What stands in the way"),
    "next_paper": _("Next"),
    "nothing_in_the_way": _("nothing that is known"),
    "ways_note": _(
        "A suggestion for a lawyer, not a decision. Ownership and prescription are never computed from "
        "outlines: such questions wait for advice."
    ),
    "elsewhere": _("For other situations than that of this home"),
    "not_proposed": _("Never proposed by the program"),
    "norms": _("Norms"),
    "norms_rest": _("Not assessed, and nothing is measured"),
    "evidence": _("Evidence of age"),
    "no_evidence": _("No evidence of the building's age is recorded."),
    "evidence_alt": _("Line of time with the evidence of age and the cut-off days of the law"),
    "evidence_key": _("full: the building can be seen; empty: it cannot; dashes: cut-off days of the law"),
    "missing": _("What is missing"),
    "nothing_missing": _("No document is recorded, and no rule names one that this home needs."),
    "cheapest": _("Cheapest next document"),
    "later": _("Needed only by later steps of the ways above"),
    "missing_facts": _("Facts that nobody has stated or measured yet"),
    "reviews": _("Review history"),
    "no_reviews": _("No person has reviewed the findings yet."),
    "basis": _("How this dossier was made"),
    "rules": _("Rules: all of these were run"),
    "rules_spoke": _("Found something here"),
    "rules_silent": _("Found nothing here"),
    "parameters": _("Parameters"),
    "law": _("Values of the law, and when each was last compared with its source"),
    "chain": _("Head of the event log"),
    "sign_here": _("name, signature, date"),
    "page": _("page {page} of {pages}"),
    "figure_survey": _("home, by the survey"),
    "figure_register": _("home, by the register"),
    "figure_parcel": _("parcel"),
    "figure_plot": _("plot as occupied"),
    "figure_building": _("building, by the register"),
    "figure_observed": _("building, by the survey"),
    "figure_street": _("street"),
    "qr": _("QR code with the number of the home, the version of the dossier and a short hash"),
    "map_alt": _("Sketch of the home and its neighbours at a true scale"),
    "location_alt": _("Map of where the home lies in the neighbourhood"),
}
