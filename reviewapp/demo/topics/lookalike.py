"""Honest business that looks like the matter at first sight: wanted cracks, real fees, real corrections, kind secrets."""

# ruff: noqa: E501 - a sentence template is easier to read and to edit on one line

from reviewapp.demo.topics.topic import Topic
from reviewapp.demo.vocabulary import lines

ENDURANCE = Topic(
    name="endurance-tests",
    share=3,
    senders=("quality", "engineering"),
    readers=("quality", "engineering", "operations"),
    subjects=lines("""
        Burst test {product} prototype
        Bench results [week {week}|prototype {n}]
        Section photos {product}
        Cycle test: cracked as planned
        {product}: wall thickness study
        Failed on purpose
        Old castings for the [training|apprentice] course
    """),
    openings=lines("""
        the {product} prototype [cracked|split] at {ddd} bar, which is [exactly|about] where the simulation put it.
        for the burst test we [pulled|took] {n} bodies and ran them up until they [burst|opened up], as the standard asks.
        I have the [section photos|micrographs] of the destroyed samples for the [training|brochure|thesis] now.
        the competitor's relief valve [cracked|failed] below the neck after {nn} thousand cycles, ours is still running.
        we cut {few} HV-40 from the museum shelf open to show the apprentices what a casting looks like inside.
        the bodies with the cracks on my desk are from {year} and belong to the {product} study.
        lot {lot} of {product} was [pressure tested|put on the bench] {past}: one leak at a plug, no cracks.
    """),
    details=lines("""
        the crack starts at the notch which we [cut|milled] on purpose and runs around the [radius|flange].
        hardness next to the [weld|notch] is {ddd}, as it should be after the heat treatment.
        wall thickness was {n}.{digit} mm against nine on the drawing, with the sample we had asked for thin walls.
        the foundry poured these with {few} different [gating|riser] designs so that we can compare porosity.
        under the microscope you see the fatigue lines, [a textbook picture|lovely to look at].
        after {nn} cycles the leak rate [doubles|rises] a bit, still far below the limit.
        {n} of {nn} held the pressure for ten minutes, the others had been weakened for the trial.
        the safety factor comes out at about [four|five], better than for the old shape.
        the dye penetrant showed indications on {few} castings from {supplier}, they were replaced within a week and the claim is settled.
        the X-ray films are for the university, the pores in them were drilled.
        the scrap of the trial went into the red bin and is [written off|no part of the reject rate].
        all bodies of the study are marked with yellow paint and none of them can be shipped.
        a bracket in the test rig itself has [a hairline crack|split], the results are not touched by it.
        the shrinkage in the sample castings is in the riser, where it belongs.
        {colleague} wants to see one burst with the own eyes, so bring ear plugs.
        Brennick sent {few} test bars free of charge, I asked for them.
    """),
    asks=lines("""
        do you want the fracture photos in full size for the poster?
        can we have the bench for {n} more hours {soon}?
        please keep one of the burst bodies for the customer tour.
        should we repeat it at {ddd} degrees?
        who writes the report for the standard committee?
    """),
    rows=lines("""
        prototype {n} | neck | {n}.{digit} mm | burst at {ddd} bar [as predicted|ok]
        sample {dddd} | notch {few} mm | {nn} k cycles | cracked, end of test
        {serial}  HB {ddd}  wall {n}.{digit}  [pass|PASS|trial only]
    """),
)

FEES = Topic(
    name="fees-and-advances",
    share=3,
    senders=("purchasing", "finance", "management", "supplier"),
    readers=("purchasing", "finance", "management"),
    subjects=lines("""
        Advisory [fee|invoice] {month}
        Advance for {supplier}
        Tooling contribution {product}
        [Approval|Signature] limit
        Success fee {project}
        Payment in [two|three] parts
        Statement of the consultants
    """),
    openings=lines("""
        the [second|last] invoice of the consultants for {project} is here, {amount}, with the report and the timesheets.
        {supplier} asks for the [second half|next instalment] of the advance, as the contract says.
        please pay the tooling for {product} in [two|three] parts: at order, at first samples, at release.
        the approval limit goes up to {money} from {month}, {colleague} has signed the new table.
        the agent's fee for the {customer} order is due, {pct} of the value, under the agency agreement of {year}.
        Brennick's quarterly statement came, {few} items, all of them [matched|paid].
        what exactly is in the retainer for the tax advisers, and can we lower it?
    """),
    details=lines("""
        there is a contract behind it and the [deliverable|study] was presented to the board on {date}.
        the advance is secured by a guarantee and set off against the next {few} deliveries.
        the tool has its number, {dddd}, and I have seen it at the [foundry|supplier] in {month}.
        {colleague2} signed as second approver after reading the [whole|entire] report.
        the auditors asked about market studies and advisory services and were content with the file.
        the account is new since they changed banks, I checked the letterhead and the tax number by phone.
        I split it over cost centres {dddd} and {dddd} by head count, the key is in the annex.
        last year we paid them {amount}, this year it will be half of that.
        book it under prepayments until the goods are here, then it moves to stock.
        three invoices on the same day is what the portal makes of one order with three lines.
        no credit note is missing, the bonus comes in [January|{month}].
        the price per casting went up by {pct} for all customers because of the energy surcharge.
        the claim for the rejected [gaskets|brackets] was accepted and paid.
        their success fee depends on the savings, which we measure ourselves.
        please use the description "{project}, phase {few}" so that we find it again.
        I asked for the purchase order and got it within the hour.
    """),
    asks=lines("""
        please release it {soon} so that the discount is kept.
        can you confirm that the report has been accepted?
        who signs while {colleague} is away?
        please post it against the contract number.
        do we need a new supplier form for them?
    """),
    rows=lines("""
        prepayment tool {dddd} | {amount} | {supplier} | order {po}
        CA-{ddd} | advisory, phase {few} | {money} | [paid|released|report received]
    """),
)

CORRECTIONS = Topic(
    name="corrected-papers",
    share=3,
    senders=("quality", "purchasing", "supplier", "operations"),
    readers=("quality", "purchasing", "engineering"),
    subjects=lines("""
        Corrected certificate {heat}
        3.1 certificates {product}
        Typing error in the test record
        Missing papers {supplier}
        Certificate with the right address
        Documents for the {customer} file
    """),
    openings=lines("""
        the certificate for heat {heat} had our old address on it, {supplier} has issued a [new|corrected] one.
        there is a typing error in the test record of {lot}: the date should be {date}, as the chart shows.
        for the audit we need the full set of papers for {product}; the two missing ones were in the wrong folder.
        the heat number on the certificate is right, it was the label on the box that was not.
        please sign the test records for {nn} {product}, I watched all of them on the bench.
        here is the revised material certificate with the yield strength in both units.
        the mill certificate from Brennick for the brackets [came|arrived] {past}, values as ordered.
    """),
    details=lines("""
        the stamp is with {colleague} and is locked away at night.
        the old version is kept and marked as replaced, revision {few} is the valid one.
        our own lab measured {nn} percent elongation, the paper says the same.
        the signature is electronic, therefore it looks like a picture; the seal can be checked online.
        the lab has the sample under number {dddd} and will keep it for {n} years.
        nobody changed a value, only the order number was missing.
        chemistry differs a little between the heats, as it must.
        the chart of {serial} was printed on the wrong paper, I printed it again from the raw data.
        the notified body looked at {nn} records and found no gaps.
        the customer compares every number with the cast marks, so please be exact.
        the template is new, the blank forms on the shared drive have been deleted.
        scanned pages are cropped on the left, the numbers can still be read.
        the serials on page two are complete now, {few} had been listed twice.
        the spectrometer was calibrated on {date}, the record is in the file.
        the foundry sent the furnace log together with the certificate.
        in the system you see who edited the record and why.
    """),
    asks=lines("""
        please put the corrected one into the file and mark the first as void.
        which version did {customer} receive, the old or the new?
        can you send the missing one {soon}?
        please check the date before you sign.
        do we need a re-test, or is the chart enough?
    """),
    rows=lines("""
        heat {heat} | Rm {ddd} | A {nn} | lab: {nn} | ok
        cert {dddd} | {lot} | [address|unit|order no.] corrected | {date}
    """),
)

COMPLAINTS = Topic(
    name="ordinary-complaints",
    share=3,
    senders=("customer", "sales", "engineering"),
    readers=("sales", "quality", "engineering"),
    subjects=lines("""
        Complaint {dddd}: {product}
        {customer}: leaking {product}
        Unit returned, serial {serial}
        Answer to the {customer} complaint
        Steam at the flange
        Wrong [nameplate|colour|thread]
    """),
    openings=lines("""
        one of our {product} [drips|leaks] at the [gland|flange] since the restart, nothing dramatic.
        {customer} [called|phoned]: the safety valve on the air receiver [blows too early|was set too low].
        the unit with serial {serial} came back from {customer}; there was a [rag|welding rod|lunch bag] in the seat.
        I was on site at {customer} {past}: it is an installation error, the arrow points the wrong way.
        please take back {few} {product}, we ordered the wrong [size|thread].
        an operator slipped next to your valve and [bruised an elbow|tore his jacket], the insurer wants a statement from everybody who was there.
        we had steam in the hall at {time} because somebody left the drain open under your HV-40.
    """),
    details=lines("""
        the housing is fine, the gasket had been put in twice.
        the torque marks show it clearly and the fitter has admitted it.
        it had been in service for {n} years and the spring is simply tired.
        nobody was hurt and production went on.
        the replacement from stock went out the same day, the complaint is entered under {dddd}.
        they want to know whether other units from the same year need the [new gasket|software|sticker].
        the inspectorate was here for the yearly visit and had no remarks.
        pictures and a video are in the complaint file, you hear it hiss.
        we have answered within {n} days and offered a free service visit.
        the surface is rough because of the sand, that is normal for this casting.
        the other {nn} units in the plant were checked by our fitter and are tight.
        lost production was an hour, they do not claim anything.
        the report goes to the customer as it is, with the [cause|mistake] and the measure.
        it is the second complaint about paint this year, the first was a scratch.
        please understand that the line will be down for {few} hours for the exchange.
        the pieces went to engineering, who confirmed wear.
    """),
    asks=lines("""
        please send a fitter {soon}, mornings are best.
        can you confirm that the warranty covers it?
        may we close the complaint?
        what torque do you recommend?
        please send {few} spare gaskets with the next delivery.
    """),
    rows=lines("""
        {date} | {customer} | serial {serial} | [wrong size|gasket|paint|set pressure]
        case {dddd}: {customer}, {n} years in service, closed
    """),
)

SURPRISES = Topic(
    name="kind-secrets",
    share=3,
    senders=("management", "purchasing", "people", "sales", "quality"),
    readers=("management", "purchasing", "quality", "legal", "operations"),
    subjects=lines("""
        Not by mail please 🎂
        Between us
        The [red|green] envelope
        {day}
        (no subject)
        Before the [party|farewell]
        {project} - small circle
        Lunch?
    """),
    openings=lines("""
        please no mails to {colleague} about {day}, it is meant to be a surprise.
        the collection for {colleague} stands at {ddd} euros, the envelope is in my drawer.
        {project} stays in the small circle until it is announced on {date}.
        can everybody please tidy up the shared drive before the move, early drafts can go.
        if {colleague} asks where we are on {day}, we are at the dentist, all {n} of us.
        I thought about your offer and I would like to say it in person, so not by mail.
        the board gets the short version of the budget, the long one with the tables is in the folder.
    """),
    details=lines("""
        whoever was in the room knows the present, and nobody else has to.
        the minutes will say that the item was postponed because the projector died.
        the pictures from the farewell are out of the folder, one of them was not kind to {colleague2}.
        {colleague2} has the list and keeps quiet.
        I would rather explain a late cake than a burnt one.
        we have known the date since {month} and it gets harder not to talk.
        use my private number from {day} on, the company phone stays at home.
        the copy with your name on it is in the car.
        the short version has no annex, the long one has all numbers and everybody on the board can open it.
        after the announcement everybody may talk about it, until then only the named list.
        let them think it is a [stock count|fire drill].
        the old reports went to the archive in hall C, sorted by year.
        I slept badly because of the speech, it has to be funny.
        delete the calendar entry, it shows the name of the restaurant.
        we should agree on who says what in the interview with the paper.
        my name need not be on the card twice.
    """),
    asks=lines("""
        call me, do not write, {colleague} reads over my shoulder.
        are we all telling the same story about {day}?
        can you make sure {colleague} is not invited to the planning?
        please bring your copy of the song {soon}.
        walk with me at lunch?
        delete this when you have paid.
    """),
)

LOOKALIKE: tuple[Topic, ...] = (ENDURANCE, FEES, CORRECTIONS, COMPLAINTS, SURPRISES)
