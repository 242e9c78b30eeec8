"""Everyday office life that has nothing to do with the matter."""

# ruff: noqa: E501 - a sentence template is easier to read and to edit on one line

from reviewapp.demo.topics.topic import Topic
from reviewapp.demo.vocabulary import lines

PERSONNEL = Topic(
    name="personnel",
    share=6,
    senders=("people", "management", "operations"),
    readers=(),
    subjects=lines("""
        Holiday [requests|planning] {month}
        Parental leave
        Performance [talks|reviews]
        Payslip {month}
        Works council [meeting|notice]
        Company pension
        First aid [course|volunteers]
        Welcome {colleague}
        Time sheets [week {week}|{month}]
    """),
    openings=lines("""
        please [enter|hand in] your holiday requests for {month} {soon}.
        the yearly talks [start|begin] on {date}, the [form|guideline] is [attached|on the intranet].
        {colleague} will be on parental leave from {month} and {colleague2} covers.
        your time sheet for week {week} is [missing|not signed].
        we are looking for {few} people who want to [become|train as] first aiders.
        the works council invites everybody to {room} on {date} at {time}.
        the pension provider changes its [fees|funds] and everybody gets a letter.
        my payslip for {month} shows {n} hours of overtime, it should be {nn}.
        {colleague} celebrates {few}5 years with the company on {date}.
    """),
    details=lines("""
        the [conversation|talk|form] is confidential and stays [between you and your manager|in your file|with us].
        remaining days have to be taken before the end of {month}.
        the childcare allowance is {money} a year and tax free.
        part time of {nn} percent is possible from {month} on.
        there were {few} complaints about the dress code in hall B, I spoke with the team.
        the [sick note|travel form|certificate] can be sent as a [photo|scan], the original is [no longer needed|for your files].
        the bonus depends on {few} goals, and one of them is personal.
        please use the [private|new|home] address for the [letter|form|contract], not the [office|old one].
        payroll closes on {date} at {time}.
        the training budget is {money} per person.
        {colleague2} starts on {date} and sits next to the printer.
        we had {few} resignations this quarter, fewer than last year.
        the wage round brings {pct} from {month}.
        the company doctor offers a flu shot on {day} in {room}.
        the [bicycle|car|laptop] lease can be [extended by a year|paid off|handed to a colleague].
        working from home is {few} days a week, as agreed with your lead.
        the survey is anonymous, {nn} percent took part last time.
    """),
    asks=lines("""
        please sign and return {soon}.
        can you tell me how many days I have left?
        please talk to [your lead|{colleague}|payroll] first.
        who would like to [join|come|help][| on {day}| this time]?
        please check your [address|bank details|emergency contact] in the portal[| {soon}].
        could we meet on {day} at {time} to go through it?
    """),
)

TRAVEL = Topic(
    name="travel",
    share=6,
    senders=("sales", "management", "engineering", "quality", "purchasing"),
    readers=(),
    subjects=lines("""
        Trip to {city}
        Booking {dddd}{digit}
        Hotel in {city}
        Expense [report|claim] {month}
        Train or plane?
        Itinerary {date}
        Taxi receipts
    """),
    openings=lines("""
        your booking to {city} on {date} is confirmed, reference {dddd}{digit}.
        could you [book|find] me a [train|flight] to {city} on {day}, arriving before {time}?
        my expense claim for {city} was [returned|rejected] because a receipt is missing.
        the hotel in {city} is full during the fair, I found another one {few} stops away.
        I am in {city} until {day} and [hard|difficult] to reach.
        the early flight was cancelled, I am now on the {time} one.
        who wants to share a car to {site} on {day}?
    """),
    details=lines("""
        breakfast is included, parking is {nn} a night.
        the connection in {city} is only {nn} minutes.
        I paid the taxi in cash, {nn} euros with tip.
        the airline [lost|kept|misrouted] my [bag|samples|suitcase] and delivered it {past} [at midnight|half open|to the wrong hotel].
        mileage is {ddd} kilometres there and back.
        please use the company rate, code HALV{nn}.
        the limit for dinner is {nn} per head, above that I need the names.
        the rental car [has winter tyres|smells of smoke|is bright yellow] and [a slow puncture|no spare wheel|a full tank].
        seat {nn}C, one checked bag, lounge not included.
        the visa takes {n} working days and two photos.
        I can stay with a friend, so no hotel on {day}.
        free cancellation until {time} on the day before.
        the night train was {few} hours late but I slept like a stone.
        {colleague} joins me on the second day.
        the per diem abroad went up by {few} euros.
        platform {n}, coach {nn}, quiet zone.
    """),
    asks=lines("""
        please approve the trip {soon}.
        window or aisle?
        can you send the receipt for the {day} dinner?
        could you check whether the hotel has a shuttle?
        please confirm {soon}, the fare is held until {time}.
        shall I book for {colleague} as well?
    """),
    rows=lines("""
        {date} | {city} | [hotel|taxi|train|dinner] | {nn}.{nn}
        {time} dep. {city}, {time} arr. {city}
    """),
)

TICKETS = Topic(
    name="it-support",
    share=8,
    senders=("it",),
    readers=(),
    subjects=lines("""
        Ticket {ticket}: [printer|VPN|password|mailbox full]
        [Password|Account] [reset|locked]
        Mailbox [full|quota]
        VPN [down|slow]
        Planned downtime {date}
        Printer on floor {floor}
        New laptop
        Phishing warning
        Intranet [form|page] broken
    """),
    openings=lines("""
        the printer on floor {floor} [prints|spits out] [blank pages|stripes|only half of every page].
        I cannot log in since {past}, the screen says error {dddd}.
        mail will be [down|unavailable] on {date} from {time} for about {few} hours.
        the intranet form [loses|eats] everything I type as soon as I press save.
        a mail that looks like it is from {colleague} asks for [gift cards|your password]; it is fake.
        my mailbox is {nn} percent full and I get a warning [every hour|all the time].
        VPN drops every {n} minutes when I work from home.
        your new laptop is ready for pick-up in {room}.
        the shared drive [is slow|hangs] whenever I open a folder with many pictures.
        {colleague2} needs access to the [planning|sales] folder from {date} on.
    """),
    details=lines("""
        restarting helped for {few} minutes.
        the cartridge is new, the cable is not.
        the [old mails|pictures|drafts] were moved to [the archive|the new server] and can still be [searched|opened|read].
        deleted files can be restored for {nn} days, after that they are gone.
        the driver was rolled back to version {few}.{n}.
        it works in the other browser, so it is probably the cache.
        the certificate of the server expired at midnight, a new one is installed.
        we found the same fault on {n} other machines in hall B.
        please clean up your drive, anything older than {year} goes to tape.
        the two-factor app has to be linked again after the change of phone.
        the log shows {ddd} failed attempts from one address, we blocked it.
        the licence is tied to the old computer, I have asked the vendor.
        the dock needs a firmware update, {n} minutes, do not unplug it.
        the meeting room screen is black unless you wiggle the adapter.
        backup finished at {time}, {ddd} gigabytes, no errors.
        the line to {site} was cut by an excavator.
        your password expires in {n} days.
        priority [low|normal], assigned to {colleague}.
    """),
    asks=lines("""
        please [reboot|try again] and tell me what you see.
        can you send a screenshot?
        please do not click on the link and forward it to us.
        is it the same on the neighbour's machine?
        may I close the ticket[| now| or is there more| on {day}]?
        please call {dddd} when you are at your desk.
        could you approve the access for {colleague}?
    """),
)

SPORTS = Topic(
    name="sports-and-leisure",
    share=6,
    senders=(),
    readers=(),
    subjects=lines("""
        [Pool|Tipping] round {n}
        {day} [football|five-a-side]
        {team}!!
        Running [group|club]
        Summer party
        Cake in {room} 🍰
        Quiz night
        Lost: [umbrella|blue scarf|lunch box]
        Company [run|regatta]
    """),
    openings=lines("""
        the pool after round {n}: {colleague} leads by {few} points, {colleague2} is [last|bottom] as [always|usual] 😄
        who is in for [football|badminton|climbing] on {day} at {time}?
        there is [cake|leftover pizza|fruit] in {room}, first come first served 🎉
        {team} lost {few} to nil and I do not want to talk about it.
        the summer party is on {date}, we need [helpers|a grill|a band].
        running group meets at the gate on {day}, [easy|slow] pace, about {n} kilometres 🏃
        quiz night needs {few} more teams.
        somebody left a [red|grey] [jacket|bottle|bike lock] in {room}.
    """),
    details=lines("""
        the keeper had a [nightmare|bad day|cold], the [second|third|last] goal went through his [legs|hands|gloves].
        bets are five euros, the winner buys the round.
        please bring [a salad|bread|cutlery] or a [dessert|folding chair|game], drinks are [paid|on the house].
        we play on the small pitch as the big one is flooded.
        I still need the tips of {colleague} and {colleague2} for the {day} match.
        last year it [rained|snowed|hailed] and it was [great|fun|crowded] anyway.
        the band plays [two|three] sets and then [we have to be quiet|{colleague} takes over the music|the neighbours complain].
        my [knee|back|ankle|shoulder] is [fine|better|almost fine] again, thanks for asking.
        vegetarians, please put your name on the list next to the coffee machine.
        our relay came {nth} of {nn}, ahead of the bank people 💪
        the film was [long|loud|in French] and the popcorn [salty|stale|gone too soon].
        {team} bought a new striker, who cannot head a ball.
        round trip is {nn} kilometres with one nasty hill.
        the kids' corner has a bouncy castle from {time}.
        penalty in the [last|first|{nn}th] minute, I nearly [dropped the phone|choked on my tea|woke the baby].
        the mug with the [cat|moose|broken handle|lighthouse] is [mine|{colleague}'s], please [give it back|leave it where it was|wash it first].
    """),
    asks=lines("""
        who is in? 🙋
        send me your tips {soon}!
        please pay me {n} euros {soon}.
        anybody got a spare [ticket|racket|helmet][| for {day}]?
        reply with a number between one and {nn}.
        who brings the ball?
    """),
    rows=lines("""
        {n}. {colleague} {nn} pts
        {team} - {team} {few}:{digit}
    """),
)

FACILITIES = Topic(
    name="facilities",
    share=6,
    senders=("facilities",),
    readers=(),
    subjects=lines("""
        Car park [closed|resurfacing]
        Fire drill {date}
        Heating floor {floor}
        Canteen [menu|prices] week {week}
        Desk move
        Key [cards|list]
        Window cleaning
        Crack in the stairwell
        Water off on {day}
    """),
    openings=lines("""
        the car park behind hall B is closed on {date} because of [resurfacing|new lines].
        there will be a fire drill on {date}, please [leave|go] by the nearest exit.
        the heating on floor {floor} is [off|stuck on full] until the [valve|pump] is replaced.
        canteen prices go up by {nn} cents from {month}.
        {n} desks move from floor {floor} to {room} on {day}.
        key cards of the old type stop working on {date}.
        the crack in the stairwell was looked at by an engineer and is only in the plaster.
        water is off on {day} from {time} while they change a leaking pipe.
        the cleaning company changes on {date}.
    """),
    details=lines("""
        please take your [plants|mugs|pictures] home, the [painters|movers|electricians] are not careful.
        the lift takes {n} people, not {nn}, as somebody tried {past}.
        the assembly point is the [bicycle shed|east gate|lawn], [count your team there|look for the green vest].
        soup of the day is lentil, on {day} there is fish.
        [boxes and labels|spare keys|parking discs] are at the [reception|gate|post room].
        [visitors|drivers|trainees] need a badge and [closed shoes|a vest|an escort].
        the roof leaks into a bucket in {room}, mind your step.
        the fridge will be emptied on {day}, whatever has no name goes.
        the concrete on level {floor} has hairline cracks, it will be sealed in {month}.
        the alarm at {time} was burnt toast.
        lights now switch off by themselves after {nn} minutes.
        the coffee machine takes the new chip only.
        parking for electric cars is {few} hours, then please move.
        the [blinds|door closers|lamps] are being [repaired|replaced] one by one, starting [in the north|on floor {floor}|with {room}].
        window cleaners work from a platform, please keep the sills free.
        the reception has {few} umbrellas to borrow.
    """),
    asks=lines("""
        please clear your desk {soon}.
        can you open the side gate at {time}?
        please tell us who needs a new card.
        whose car is the [grey|blue|white] one with the [lights on|open window|flat tyre]?
        please be patient with the noise.
        can somebody check the radiator in {room}?
    """),
)

RECRUITING = Topic(
    name="recruiting",
    share=5,
    senders=("people", "agency"),
    readers=("people", "operations", "quality", "engineering", "sales", "finance"),
    subjects=lines("""
        Candidate [for|-] {role}
        {candidate}
        Interview {date}
        Job advert {role}
        Offer letter
        Application {candidate}
        Open positions {site}
    """),
    openings=lines("""
        {candidate} has applied for the position of {role} and looks [strong|promising|interesting] on paper.
        we have {nn} applications for the {role} and {few} that I would invite.
        the interview with {candidate} is on {date} at {time} in {room}.
        {candidate} [accepted|declined] our offer {past}.
        may I introduce {candidate}, a {role} with {n} years in a similar plant?
        the advert for the {role} has been online for {few} weeks without much response.
        feedback on {candidate} from the second round: [warm|mixed|very good].
    """),
    details=lines("""
        notice period is {few} months to the end of a month.
        salary expectation is {nn} thousand plus car.
        the test task was solved in {nn} minutes, with one small mistake.
        the reference from the last employer is excellent.
        the candidate asked good questions about the shift model.
        the gap in the CV was [a year of caring for a parent|a sabbatical|a failed start-up|military service].
        I liked the calm way of answering the difficult question.
        {colleague} would take the candidate at once, {colleague2} has doubts.
        our agency fee is {nn} percent of the yearly salary, as in the frame contract.
        the advert will also run in the local paper for {money}.
        the work permit is valid for another {few} years.
        two of them live close to {site}, one would have to move.
        the trial day is [unpaid|on {day}|short] but [lunch|the train] is on us.
        languages: English, good German, some Spanish.
        she ran a team of {n} at her last place.
        he has never worked with [castings|steam|a union|our system] but [learns fast|is keen|asks well].
    """),
    asks=lines("""
        please let me have your impression {soon}.
        who can show the candidate round [the hall|{site}|the lab][| on {day}]?
        may I send the [rejection|invitation|offer][| {soon}| today]?
        which of the {few} would you like to meet?
        could you free an hour on {day}?
        please approve the grade {soon}.
    """),
)

NEWSLETTERS = Topic(
    name="newsletter",
    share=6,
    senders=("press",),
    readers=(),
    subjects=lines("""
        The Weekly Valve, issue {ddd}
        Halverin Connect, {month}
        Industry [digest|news] week {week}
        Five things to know this {day}
        What moved the market in {month}
        Safety moment: {month}
    """),
    openings=lines("""
        welcome to [issue {ddd}|our {month} issue|another full week of news].
        here is what [happened|moved people] in pumps, pipes and fittings this week.
        in this issue: [energy prices|new standards|a look at foundries|steam in the brewery].
        [summer|autumn|winter|spring] is coming and with it the [trade fair season|stocktaking|heating season].
        our {month} edition is a little [shorter|longer] than usual.
    """),
    details=lines("""
        metal prices [rose|fell] by {pct} in {month}, nickel more than copper.
        a maker of ball valves in {city} has recalled {dddd} units after cracks were found in the housing.
        the new standard for pressure equipment comes into force in {month}, with {few} years to adapt.
        energy costs drive foundries to pour at night, a survey among {nn} firms says.
        our colleagues in {site} planted {ddd} trees along the fence.
        the canteen team won the regional prize for the best lentil soup.
        tip of the week: check the date on your torque wrench.
        in the interview on page {n}, an auditor explains why supplier payments deserve a second look.
        heat pumps sold {pct} better than last year, boilers worse.
        a study of {ddd} plants shows that one steam trap in {n} leaks.
        the {city} fair opens on {date}; halls {few} and {n} are about fluid technology.
        readers' question: may I repaint a safety valve? Answer: [no|only the outside|ask the maker].
        the apprentices built a pedal car from scrap and took second place.
        order books in the sector cover {few}.{digit} months, the association reports.
        a whistle-blower hotline is now mandatory for firms above {ddd} people.
        reader poll: {nn} percent prefer paper certificates to digital ones.
        the price of sea freight went [up|down] again, by {pct} since {month}.
        on the last page: the crossword, with the prize of a {ddd} piece tool case.
        research in {city} prints valve bodies from powder, at {nn} times the price.
        safety is a habit: {n} months without a lost day in {site}.
        the board thanks everybody for the record month of {month}.
        a brewery saves {nn} percent of its water with a simple flap, the case study says.
    """),
    asks=lines("""
        read the full story on our site.
        tell a colleague, it is free.
        write to us with your own story.
        to unsubscribe, reply with the word STOP.
        see you next week.
    """),
)

OFFICE: tuple[Topic, ...] = (
    PERSONNEL, TRAVEL, TICKETS, SPORTS, FACILITIES, RECRUITING, NEWSLETTERS,
)  # fmt: skip
