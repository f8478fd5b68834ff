"""What each part of the HTTP interface is about, in the order of its documentation."""

TAGS = {
    "agreements": "What IT promises to a customer, in versions that both sides sign.",
    "negotiation": "Proposals, objections, acceptances and signatures.",
    "notices": "Renewals, suspensions and terminations of what is signed.",
    "compliance": "How a period stands, and the statement it ends in.",
    "indicators": "What is measured of a service, and when it is good.",
    "measurements": "Pushes of monitors, and the minutes they become.",
    "alerts": "Alerts and states of monitors, which count as downtime or open incidents.",
    "incidents": "Incidents from their events, with a clock for each promise.",
    "issues": "Breaches, triaged and followed until they are solved.",
    "causes": "Why promises were broken.",
    "improvements": "Changes with a measure, followed until their effect is verified.",
    "exclusions": "Maintenance and waivers: time that does not count.",
    "closure calendars": "Closures that several agreements share.",
    "requirements": "The level of service that customers ask for, and what answers it.",
    "contracts": "The frame around agreements: term, fees, notice and obligations.",
    "back-tests": "Terms tried on the measured past.",
    "chains": "What an agreement relies on, and whether that can hold it.",
    "clocks": "When something is due, computed from terms alone.",
    "openslo": "Import and export of OpenSLO documents.",
    "api keys": "The keys of monitors, and their limits.",
}
